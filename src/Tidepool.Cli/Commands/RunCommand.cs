using System.CommandLine;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool run</c>.</summary>
internal sealed class RunCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The pipeline's YAML file, in its git repository." };

    private readonly Option<string?> _environment = new("--environment")
    {
        Description = "Which served environment, where there are several: its folder, or a URL that serve printed.",
        HelpName = "FOLDER|URL",
    };

    private readonly Option<string[]> _parameters = RehearsalArguments.ParametersOption();
    private readonly Option<string[]> _repositories = RehearsalArguments.PairsOption(
        "--repository", "The folder of a repository that the pipeline names under resources. Repeatable.", "ALIAS=FOLDER");

    private readonly Option<string[]> _groups = RehearsalArguments.GroupsOption();
    private readonly Option<string[]> _poolMap = RehearsalArguments.PoolMapOption();
    private readonly Option<string?> _json = RehearsalArguments.JsonOption();
    private readonly Option<bool> _quiet = RehearsalArguments.QuietOption();
    private readonly Option<bool> _verbose = RehearsalArguments.VerboseOption();

    public static Command Create()
    {
        var run = new RunCommand();
        var command = new Command("run", "Queues a pipeline of yours on the environment that serve keeps up, and follows it to its end.")
        {
            run._file, run._environment, run._parameters, run._repositories, run._groups, run._poolMap, run._json, run._quiet, run._verbose,
        };
        command.SetAction(run.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var json = RehearsalArguments.Report(parsed, _json);
        var view = new RehearsalView(json?.IsStandardOutput == true, parsed.GetValue(_quiet), parsed.GetValue(_verbose));
        var report = await ServedRun.RunAsync(
            new()
            {
                Environment = ServedEnvironments.Find(StateFolder.Find(Environment.GetEnvironmentVariable), parsed.GetValue(_environment)),
                Path = Path.GetFullPath(parsed.GetRequiredValue(_file)),
                Parameters = RehearsalArguments.Pairs(parsed.GetValue(_parameters) ?? []),
                Repositories = RehearsalArguments.Clones(parsed, _repositories),
                Groups = RehearsalArguments.Groups(parsed, _groups, needsSecrets: true),
                PoolMap = RehearsalArguments.Pairs(parsed.GetValue(_poolMap) ?? []),
            },
            TimeProvider.System,
            view,
            ct);
        await view.ShowResultAsync(report, json, CancellationToken.None);
        return (int)(ct.IsCancellationRequested ? ExitCode.Interrupted : report.Ok ? ExitCode.Done : ExitCode.Failed);
    }
}
