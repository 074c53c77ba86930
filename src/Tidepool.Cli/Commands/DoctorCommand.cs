using System.CommandLine;
using Tidepool.Deployment;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = new Option<string?>("--json")
        {
            Description = "Write the result as JSON to FILE; without FILE or with -, to standard output.",
            HelpName = "FILE",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("doctor", "Looks at all that a deployment to AWS needs, and changes nothing.") { json };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetResult(json) is null ? null : ReportFile.Of(parsed.GetValue(json) ?? "-"), ct));
        return command;
    }

    private static async Task<int> RunAsync(ReportFile? json, CancellationToken ct)
    {
        var report = await Doctor.RunAsync(Installation.Root, DeploymentSettings.ProcessEnvironment(), TimeProvider.System, ct);
        if (json is null or { IsStandardOutput: false })
        {
            DoctorTable.Write(report);
        }

        if (json is not null)
        {
            await json.WriteAsync(report.ToJson(), ct);
        }

        return (int)(report.Ok ? ExitCode.Done : ExitCode.Failed);
    }
}
