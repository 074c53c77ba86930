using System.Diagnostics;
using System.Globalization;
using Tidepool.AzurePipelines;

namespace Tidepool.Bench;

/// <summary>The built-in agent's start and size.</summary>
internal static class AgentBench
{
    private const int Starts = 30;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, CancellationToken ct)
    {
        var token = Guid.NewGuid().ToString("N");
        await using var service = await PipelinesService.StartAsync(new PipelinesServiceOptions { Token = token }, TimeProvider.System, ct);
        var home = Directory.CreateTempSubdirectory("tidepool-bench-");
        var (online, resident) = (new List<double>(), new List<double>());
        try
        {
            for (var i = 0; i < Starts; i++)
            {
                var start = new ProcessStartInfo(installed.Agent, ["builtin"]) { RedirectStandardOutput = true, RedirectStandardError = true };
                start.Environment.Clear();
                start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
                start.Environment["HOME"] = home.FullName;
                start.Environment["AZP_URL"] = service.OrganizationUrl.ToString();
                start.Environment["AZP_POOL"] = service.Pool;
                start.Environment["AZP_TOKEN"] = token;
                start.Environment["AZP_AGENT_NAME"] = $"bench-{i}";
                var began = Stopwatch.GetTimestamp();
                using var agent = Process.Start(start)!;
                await service.WaitForAgentsAsync(agents => agents.Any(one => one.Name == $"bench-{i}" && one.Status == "online"), ct);
                online.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, ct);
                resident.Add(await ResidentMiBAsync(agent.Id, ct));
                using var stop = Process.Start("kill", ["-TERM", agent.Id.ToString(CultureInfo.InvariantCulture)]);
                await agent.WaitForExitAsync(ct);
            }
        }
        finally
        {
            home.Delete(recursive: true);
        }

        return
        [
            Measurement.Median("agent: process start to online, RSA key included", online, "ms", 250, "starts"),
            Measurement.Median("agent: resident memory when idle", resident, "MiB", 40, "starts"),
            new("agent: size of the binary", new FileInfo(installed.Agent).Length / 1048576.0, "MiB", 20, AtLeast: false, "one file"),
        ];
    }

    private static async Task<double> ResidentMiBAsync(int process, CancellationToken ct)
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{process}/status", ct)).First(one => one.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
