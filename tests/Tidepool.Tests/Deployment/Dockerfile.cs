using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tidepool.Tests.Deployment;

/// <summary>One instruction of a Dockerfile: its keyword in capitals, its flags (<c>--from=x</c>), the rest, and the stage that it is in.</summary>
/// <param name="Stage">0 is what stands before the first FROM.</param>
internal sealed record DockerInstruction(string Keyword, IReadOnlyList<string> Flags, string Rest, int Stage)
{
    /// <summary>What a flag is set to; null without it.</summary>
    public string? Flag(string name) => Flags.FirstOrDefault(flag => flag.StartsWith($"--{name}=", StringComparison.Ordinal))?.Split('=', 2)[1];

    /// <summary>The words of the exec form; null for the shell form.</summary>
    public string[]? Exec => Rest.StartsWith('[') ? JsonSerializer.Deserialize<string[]>(Rest) : null;

    public override string ToString() => $"{Keyword} {string.Join(' ', [.. Flags, Rest])}";
}

/// <summary>Reads a Dockerfile as far as its rules need it: comments, continued lines, flags. No here-documents, no escape directive.</summary>
internal sealed partial class Dockerfile
{
    private Dockerfile(IReadOnlyList<DockerInstruction> instructions) => Instructions = instructions;

    public IReadOnlyList<DockerInstruction> Instructions { get; }

    /// <summary>The instructions of the stage that becomes the image.</summary>
    public IReadOnlyList<DockerInstruction> Final => [.. Instructions.Where(one => one.Stage == Instructions[^1].Stage)];

    /// <summary>Every ARG and ENV by name; the value is empty where none is set.</summary>
    public IEnumerable<(string Keyword, string Name, string Value)> Settings =>
        from one in Instructions
        where one.Keyword is "ARG" or "ENV"
        from Match setting in Setting().Matches(one.Rest)
        select (one.Keyword, setting.Groups["name"].Value, setting.Groups["value"].Value.Trim('"'));

    /// <summary>The paths of the context that COPY and bind mounts take.</summary>
    public IEnumerable<string> Sources =>
        Instructions.Where(one => one.Keyword is "COPY" or "ADD" && one.Flag("from") is null)
            .SelectMany(one => one.Rest.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..^1])
            .Concat(Instructions.SelectMany(one => one.Flags).Select(flag => BoundSource().Match(flag)).Where(match => match.Success)
                .Select(match => match.Groups[1].Value))
            .Distinct();

    public static Dockerfile Parse(string text)
    {
        var instructions = new List<DockerInstruction>();
        var stage = 0;
        foreach (var line in Continued().Replace(Comment().Replace(text, ""), " ").Split('\n').Select(line => line.Trim()))
        {
            if (line.Length == 0)
            {
                continue;
            }

            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var flags = words.Skip(1).TakeWhile(word => word.StartsWith("--", StringComparison.Ordinal)).ToArray();
            var keyword = words[0].ToUpperInvariant();
            stage += keyword == "FROM" ? 1 : 0;
            instructions.Add(new(keyword, flags, string.Join(' ', words.Skip(1 + flags.Length)), stage));
        }

        return new(instructions);
    }

    [GeneratedRegex(@"^[ \t]*#.*\n", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\\[ \t]*\n")]
    private static partial Regex Continued();

    [GeneratedRegex("""(?<name>\w+)(=(?<value>"[^"]*"|\S*))?(\s|$)""")]
    private static partial Regex Setting();

    [GeneratedRegex(@"^--mount=type=bind,source=([^,]+)")]
    private static partial Regex BoundSource();
}
