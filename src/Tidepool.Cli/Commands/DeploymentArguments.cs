using System.CommandLine;
using Tidepool.Deployment;

namespace Tidepool.Cli.Commands;

/// <summary>The options that the commands of a deployment share.</summary>
internal sealed class DeploymentArguments
{
    private readonly Option<string?> _json = new("--json")
    {
        Description = "Write the result as JSON to FILE; without FILE or with -, to standard output.",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Show the result only." };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Show what Terraform and docker write, too." };

    public DeploymentArguments(Command command)
    {
        command.Options.Add(_json);
        command.Options.Add(_quiet);
        command.Options.Add(_verbose);
    }

    public DeploymentView View(ParseResult parsed) => new(parsed.GetValue(_quiet), parsed.GetValue(_verbose));

    /// <summary>Where the report goes; null for nowhere. Checked before anything is started.</summary>
    public ReportFile? Json(ParseResult parsed) => parsed.GetResult(_json) is null ? null : ReportFile.Of(parsed.GetValue(_json) ?? "-");

    /// <summary>Says what ended the command, writes the report, and answers the exit code.</summary>
    public static async Task<int> EndAsync(DeploymentReport report, DeploymentView view, ReportFile? json, string done)
    {
        view.ShowEnd(report);
        if (json is not null)
        {
            // A report of what was interrupted is wanted all the same.
            await json.WriteAsync(report.ToJson(), CancellationToken.None);
        }

        if (report.Ok && json is not { IsStandardOutput: true })
        {
            Console.Out.WriteLine(done);
        }

        return (int)(report.Interrupted ? ExitCode.Interrupted : report.Ok ? ExitCode.Done : report.NothingTried ? ExitCode.Usage : ExitCode.Failed);
    }

    public static Option<int> Minutes(string name, string description, int ordinary) =>
        RehearsalArguments.Range(name, $"{description} Minutes.", ordinary, 0, 24 * 60);
}
