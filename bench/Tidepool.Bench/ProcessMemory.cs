using System.Globalization;

namespace Tidepool.Bench;

/// <summary>What a process has in memory, as the kernel counts it. In MiB.</summary>
/// <param name="Resident">Every page that is mapped and present, shared ones whole (RSS).</param>
/// <param name="Proportional">The same, with each shared page divided by who shares it (PSS).</param>
/// <param name="Private">What would be free if the process ended: the pages that nobody else has mapped (USS).</param>
/// <remarks>Source: https://docs.kernel.org/filesystems/proc.html, smaps_rollup.</remarks>
internal sealed record ProcessMemory(double Resident, double Proportional, double Private)
{
    public static ProcessMemory Of(int pid)
    {
        var fields = File.ReadLines($"/proc/{pid}/smaps_rollup").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(words => words[0].TrimEnd(':'), words => double.Parse(words[1], CultureInfo.InvariantCulture) / 1024);
        return new(fields["Rss"], fields["Pss"], fields["Private_Clean"] + fields["Private_Dirty"]);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"RSS {Resident:0}, PSS {Proportional:0}, private {Private:0}");
}
