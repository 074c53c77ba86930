using System.Globalization;
using System.Text.RegularExpressions;

namespace Tidepool.Tasks;

/// <summary>A CPU and memory pair that Fargate accepts for a Linux task.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size</remarks>
public sealed partial record TaskSize
{
    private static readonly (int Cpu, int[] Memory)[] Sizes =
    [
        (256, [512, 1024, 2048]),
        (512, Steps(1024, 4096, 1024)),
        (1024, Steps(2048, 8192, 1024)),
        (2048, Steps(4096, 16384, 1024)),
        (4096, Steps(8192, 30720, 1024)),
        (8192, Steps(16384, 61440, 4096)),
        (16384, Steps(32768, 122880, 8192)),
    ];

    private TaskSize(int cpuUnits, int memoryMiB) => (CpuUnits, MemoryMiB) = (cpuUnits, memoryMiB);

    /// <summary>CPU units; 1024 is one vCPU.</summary>
    public int CpuUnits { get; }

    /// <summary>Memory in MiB.</summary>
    public int MemoryMiB { get; }

    /// <summary>Makes a size from CPU units and MiB.</summary>
    /// <exception cref="ProblemException">Fargate has no such pair; the message lists what the CPU allows.</exception>
    public static TaskSize Of(int cpuUnits, int memoryMiB) =>
        Find(cpuUnits, memoryMiB) ?? throw new ProblemException(
            "TASK011", $"{cpuUnits} CPU units do not go with {memoryMiB} MiB.", Advice(cpuUnits));

    /// <summary>The size of the pair, or null when Fargate has none.</summary>
    public static TaskSize? Find(int cpuUnits, int memoryMiB) =>
        Sizes.Any(size => size.Cpu == cpuUnits && size.Memory.Contains(memoryMiB)) ? new(cpuUnits, memoryMiB) : null;

    /// <summary>CPU units of the API's text, as in <c>1024</c> or <c>1 vCPU</c>; null when it is neither.</summary>
    public static int? ParseCpu(string text) => Plain(text) ?? WithUnit.Cpu(text);

    /// <summary>MiB of the API's text, as in <c>2048</c> or <c>2 GB</c>; null when it is neither.</summary>
    public static int? ParseMemory(string text) => Plain(text) ?? WithUnit.Memory(text);

    /// <summary>What to use with the CPU instead.</summary>
    internal static string Advice(int? cpuUnits) => Sizes.FirstOrDefault(size => size.Cpu == cpuUnits) switch
    {
        (_, null) => $"Use one of {string.Join(", ", Sizes.Select(size => size.Cpu))} CPU units.",
        (256, _) => "Use 512, 1024 or 2048 MiB.",
        var (_, memory) => $"Use {memory[0]} to {memory[^1]} MiB in steps of {memory[1] - memory[0]}.",
    };

    // What nearly everyone writes.
    private static int? Plain(string text) =>
        text.Length is > 0 and <= 6 && text.All(char.IsAsciiDigit) && int.Parse(text, CultureInfo.InvariantCulture) is > 0 and var number ? number : null;

    private static int[] Steps(int from, int to, int step) => [.. Enumerable.Range(0, ((to - from) / step) + 1).Select(i => from + (i * step))];

    /// <summary>The rest of what the API takes. Apart, so that expressions are loaded only for it.</summary>
    private static partial class WithUnit
    {
        public static int? Cpu(string text) => Parse(CpuText(), text);

        public static int? Memory(string text) => Parse(MemoryText(), text);

        private static int? Parse(Regex expression, string text)
        {
            var match = expression.Match(text.Trim());
            if (!match.Success || !decimal.TryParse(match.Groups["n"].ValueSpan, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            var scaled = number * (match.Groups["unit"].Success ? 1024 : 1);
            return scaled is > 0 and < 10_000_000 && decimal.IsInteger(scaled) ? (int)scaled : null;
        }

        [GeneratedRegex(@"^(?<n>\d{1,6}(\.\d{1,6})?)\s*(?<unit>vcpu)?$", RegexOptions.IgnoreCase)]
        private static partial Regex CpuText();

        [GeneratedRegex(@"^(?<n>\d{1,6}(\.\d{1,6})?)\s*(?<unit>gb)?$", RegexOptions.IgnoreCase)]
        private static partial Regex MemoryText();
    }
}
