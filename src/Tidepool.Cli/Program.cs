using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Tidepool;
using Tidepool.Cli;
using Tidepool.Cli.Commands;
using Tidepool.Deployment;
using Tidepool.Pipelines;

using var interrupted = new CancellationTokenSource();
using var hurried = new CancellationTokenSource();
long? lastSignalAt = null;
var words = StopWords.Of(args);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopOnce);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopOnce);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, StopOnce);

// A plain command, for RootCommand would name itself after this file and not after the script that users call.
var root = new Command("tidepool", "Runs Azure Pipelines agents on AWS Fargate; first shows, with no account, which storage a pipeline needs.")
{
    new HelpOption { Recursive = true },
    new VersionOption(),
    DemoCommand.Create(),
    RehearseCommand.Create(),
    ExpandCommand.Create(),
    ServeCommand.Create(hurried.Token),
    RunCommand.Create(),
    RunsCommand.Create(),
    CancelCommand.Create(),
    ExplainCommand.Create(),
    InterruptCommand.Create(),
    CompareCommand.Create(),
    VerifyStorageCommand.Create(),
    StorageCommand.Create(),
    LintCommand.Create(),
    DoctorCommand.Create(),
    UpCommand.Create(),
    DownCommand.Create(),
    StatusCommand.Create(),
    LogsCommand.Create(),
    TokenCommand.Create(),
    TasksCommand.Create(),
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    // With an unknown command the parser also misses a known one, which tells nobody anything.
    foreach (var error in parsed.Errors.Where(error => parsed.UnmatchedTokens.Count == 0 || error.SymbolResult is not CommandResult || error.Message.Contains('\'')))
    {
        Console.Error.WriteLine($"CLI001: {error.Message} Run '{PathOf(parsed.CommandResult)} --help' to see what there is.");
    }

    return (int)ExitCode.Usage;
}

try
{
    var answer = await parsed.InvokeAsync(
        new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, interrupted.Token);
    SayStopped();
    return answer;
}
catch (ProblemException e)
{
    Console.Error.WriteLine(e.Problem);
    return (int)ExitCode.Usage;
}
catch (ProblemsException e)
{
    foreach (var problem in e.Problems)
    {
        Console.Error.WriteLine(problem);
    }

    return (int)ExitCode.Usage;
}
catch (PipelineNotValidException e)
{
    Console.Error.WriteLine(parsed.CommandResult.Command.Name == ExplainCommand.Name
        ? "The pipeline is not valid, or needs what cannot run here:"
        : "Nothing was run. The pipeline is not valid, or needs what cannot run here:");
    foreach (var error in e.Errors)
    {
        Console.Error.WriteLine($"  {error}");
    }

    if (e.Errors.Any(error => error.Text.Contains("A task is missing.", StringComparison.Ordinal)))
    {
        Console.Error.WriteLine("'tidepool tasks pull FILE' fetches a pipeline's tasks from your organization.");
    }

    return (int)ExitCode.Usage;
}
catch (IOException e) when (e.TargetSite?.DeclaringType?.Assembly == typeof(Console).Assembly)
{
    SayStopped();
    Say($"CLI010: The output could not be written: {e.Message} Make room, or send it elsewhere.");
    return (int)ExitCode.Failed;
}
catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
{
    SayStopped();
    return (int)ExitCode.Interrupted;
}

static string PathOf(CommandResult command) => command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : command.Command.Name;

void StopOnce(PosixSignalContext context)
{
    // Wrappers pass Ctrl-C on to a program that has got it from the terminal already: that is one, and what it begins must not be cut short.
    var isRepeated = lastSignalAt is { } last && Stopwatch.GetElapsedTime(last) < TimeSpan.FromMilliseconds(300);
    if (isRepeated)
    {
        context.Cancel = true;
        return;
    }

    lastSignalAt = Stopwatch.GetTimestamp();

    // A second signal is left to the default, which ends the process at once; the next start sweeps what is left.
    // But not a second hang-up: shell and kernel each send one when a terminal closes. And what serves others first hurries.
    if (interrupted.IsCancellationRequested && context.Signal != PosixSignal.SIGHUP && words.CanHurry && !hurried.IsCancellationRequested)
    {
        context.Cancel = true;
        hurried.Cancel();
        Say("hurrying: processes get no more time to end (once more to leave at once)");
        return;
    }

    if (interrupted.IsCancellationRequested)
    {
        context.Cancel = context.Signal == PosixSignal.SIGHUP;
        return;
    }

    context.Cancel = true;
    interrupted.Cancel();
    Say(words.Stopping);
}

void SayStopped()
{
    if (interrupted.IsCancellationRequested && words.Stopped is { } stopped)
    {
        Say(stopped);
    }
}

// To a terminal that is closed, or a disk that is full, nothing can be said; what is to be done is done all the same.
void Say(string text)
{
    try
    {
        Console.Error.WriteLine(text);
    }
    catch (IOException)
    {
        // The exit code says it.
    }
}
