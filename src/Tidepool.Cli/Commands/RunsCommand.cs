using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool runs</c>.</summary>
internal sealed class RunsCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Option<string?> _environment = RehearsalArguments.EnvironmentOption();
    private readonly Option<int> _top = RehearsalArguments.Range("--top", "The newest runs only, so many.", 20, 1, int.MaxValue);
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON instead of lines." };

    public static Command Create()
    {
        var runs = new RunsCommand();
        var command = new Command("runs", "Lists the runs of the environment that serve keeps up, the newest first.") { runs._environment, runs._top, runs._json };
        command.SetAction(runs.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var environment = ServedEnvironments.Find(StateFolder.Find(Environment.GetEnvironmentVariable), parsed.GetValue(_environment));
        var all = await ServedRuns.ListAsync(environment, parsed.GetValue(_top), ct);
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(all, Json));
            return (int)ExitCode.Done;
        }

        if (all.Count == 0)
        {
            Console.Out.WriteLine("no runs yet; 'tidepool run FILE' queues one");
            return (int)ExitCode.Done;
        }

        Console.Out.WriteLine(Row("RUN", "NUMBER", "STATE", "QUEUED", "SECONDS", "PIPELINE"));
        foreach (var run in all)
        {
            var seconds = run.FinishedAt is { } finished ? (finished - run.QueuedAt).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) : "";
            var queued = run.QueuedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            Console.Out.WriteLine(PlainText.Of(Row($"{run.Id}", run.Number, run.Result ?? run.State, queued, seconds, run.Pipeline)));
        }

        return (int)ExitCode.Done;
    }

    private static string Row(string id, string number, string state, string queued, string seconds, string pipeline) =>
        $"{id,-6} {number,-16} {state,-18} {queued,-19} {seconds,9}  {pipeline}";
}
