using System.Diagnostics;
using Tidepool.AzurePipelines;
using Tidepool.Pipelines;

namespace Tidepool.Bench;

/// <summary>How much a step that prints a million lines is slowed by its lines being read, masked, shown and kept.</summary>
internal static class LinesBench
{
    private const int Lines = 1_000_000;
    private const int Rounds = 3;

    private static readonly string Loop = $"for ((i = 1; i <= {Lines}; i++)); do echo \"line $i of a build that has much to say\"; done";

    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, CancellationToken ct)
    {
        var token = Guid.NewGuid().ToString("N");
        await using var service = await PipelinesService.StartAsync(new PipelinesServiceOptions { Token = token }, TimeProvider.System, ct);
        var home = Directory.CreateTempSubdirectory("tidepool-bench-");
        var start = new ProcessStartInfo(installed.Agent, ["builtin"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["HOME"] = home.FullName;
        start.Environment["AZP_URL"] = service.OrganizationUrl.ToString();
        start.Environment["AZP_POOL"] = service.Pool;
        start.Environment["AZP_TOKEN"] = token;
        using var agent = Process.Start(start)!;
        try
        {
            await service.WaitForAgentsAsync(agents => agents is [{ Status: "online" }], ct);
            var (ratios, lost) = (new List<double>(), 0);
            for (var round = 0; round < Rounds; round++)
            {
                var steps = await StepsAsync(service, ct);
                ratios.Add(steps["shown"].Seconds / steps["to a file"].Seconds);
                lost += Lines - steps["shown"].Lines;
                Console.Error.WriteLine($"to a file {steps["to a file"].Seconds:0.00} s, shown {steps["shown"].Seconds:0.00} s");
            }
            return
            [
                Measurement.Median("a step that prints a million lines, against one that writes them to a file", ratios, "times", 2, "jobs"),
                new("lines of a million that the log lacks", lost, "lines", 0, AtLeast: false, $"sum of {Rounds} jobs"),
            ];
        }
        finally
        {
            using var stop = Process.Start("kill", ["-TERM", $"{agent.Id}"]);
            await agent.WaitForExitAsync(ct);
            home.Delete(recursive: true);
        }
    }

    private static async Task<Dictionary<string, (double Seconds, int Lines)>> StepsAsync(PipelinesService service, CancellationToken ct)
    {
        var yaml = $"""
            steps:
            - checkout: none
            - bash: '{Loop} > lines'
              displayName: to a file
            - bash: '{Loop}'
              displayName: shown
            """;
        var nothing = new Dictionary<string, string>();
        var run = service.QueueRun(new RunRequest
        {
            Pipeline = PipelineReader.Read("/lines.yml", yaml, nothing, nothing),
            DefinitionName = "lines",
            RepositoryName = "lines",
            SourceVersion = new('a', 40),
            SourceBranch = "refs/heads/main",
        });
        if (await run.Completion.WaitAsync(ct) != Pipelines.Graph.NodeResult.Succeeded)
        {
            throw new InvalidOperationException(string.Join('\n', run.Snapshot().Stages.SelectMany(stage => stage.Jobs)
                .SelectMany(job => job.Steps).SelectMany(step => step.LogLines())));
        }
        return run.Snapshot().Stages.SelectMany(stage => stage.Jobs).SelectMany(job => job.Steps)
            .Where(step => step.DisplayName is "shown" or "to a file")
            .ToDictionary(
                step => step.DisplayName,
                step => ((step.FinishedAt!.Value - step.StartedAt!.Value).TotalSeconds, step.LogLines().Count(line => line.StartsWith("line ", StringComparison.Ordinal))));
    }
}
