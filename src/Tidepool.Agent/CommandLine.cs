using System.Globalization;
using Tidepool.Agent.TaskNetwork;
using Tidepool.Agent.Token;

namespace Tidepool.Agent;

/// <summary>What the command line asks for.</summary>
internal abstract record AgentCommand
{
    /// <param name="TokenFd">Where the former image of this process left the token; null in the first image.</param>
    public sealed record BuiltIn(int? TokenFd) : AgentCommand;

    /// <inheritdoc cref="BuiltIn"/>
    public sealed record Supervise(int? TokenFd) : AgentCommand;

    /// <summary>The built-in agent as <c>config.sh</c>.</summary>
    public sealed record Configure(AgentArguments Arguments) : AgentCommand;

    /// <summary>The built-in agent as <c>config.sh remove</c>.</summary>
    public sealed record Remove(AgentArguments Arguments) : AgentCommand;

    /// <summary>The built-in agent as <c>Agent.Listener run</c>.</summary>
    public sealed record Run(AgentArguments Arguments) : AgentCommand;

    /// <summary>Answer git's question for credentials; git starts it, no user.</summary>
    public sealed record AnswerGit(string Operation) : AgentCommand;

    /// <summary>Hold a task's network; a container runtime starts it, no user.</summary>
    public sealed record HoldNetwork(IReadOnlyList<Forward> Forwards) : AgentCommand;

    /// <summary>Empty folders as root of a container; a container runtime starts it, no user.</summary>
    public sealed record EmptyFolders(IReadOnlyList<string> Folders) : AgentCommand;

    public sealed record Print(string Text) : AgentCommand;
}

/// <summary>Reads the arguments.</summary>
internal static class CommandLine
{
    public const string GitCredential = "git-credential";
    public const string HoldNetwork = "hold-network";
    public const string EmptyFolders = "empty-folders";

    private const string Help = """
        Usage: tidepool-agent supervise
               tidepool-agent builtin
               tidepool-agent builtin configure --unattended --url URL --pool POOL [--agent NAME] [--work FOLDER] [--replace]
               tidepool-agent builtin run [--once]
               tidepool-agent builtin remove --unattended
               tidepool-agent --help | --version

        supervise  Runs Microsoft's agent, as the first process of a container: configures it in a pool, restarts it, lets its job end at
                   SIGTERM, removes it from the pool.
        builtin    Runs the built-in Azure Pipelines agent: registers it in a pool, runs the pool's jobs, and removes it at SIGTERM.
                   configure, run and remove are the same in three acts, in the current folder, with the arguments, files and exit codes of
                   Microsoft's config.sh and Agent.Listener. The token comes from VSTS_AGENT_INPUT_TOKEN.

        Environment:
          AZP_URL              URL of the organization or server. Required.
          AZP_POOL             Name of the pool. Required.
          AZP_TOKEN            Token that registers agents: a personal access token or a Microsoft Entra access token. No job can read it.
          AZP_TOKEN_FILE       File that holds such a token, instead. A job can read what this process can read.
          AZP_CLIENT_ID, AZP_TENANT_ID, AZP_CLIENT_SECRET
                               A service principal, instead. No job can read the secret.
          AZP_AUTHORITY_HOST   Where its tokens come from. Default: https://login.microsoftonline.com
          AZP_WORK             Work folder. Default: $HOME/_work
          AZP_AGENT_NAME       Name in the pool. Default: {FARGATE_CONTAINER}-{id of the ECS task}, or the host's name
          AZP_DRAIN_SECONDS    Seconds that a running job gets to end after SIGTERM. 0 to 3600. Default: 70 for supervise, else 90.
                               supervise needs up to 45 s more; Fargate kills a container 120 s after SIGTERM at the latest.
          AZP_AGENT_FOLDER     supervise: folder of the agent, with config.sh and bin/Agent.Listener. Default: /azp
          AZP_ONCE             supervise: true to leave after one job. Default: false
          AZP_IDLE_SECONDS     supervise: seconds of listening without a job after which the agent leaves. 1 to 86400. Default: never
          FARGATE_CONTAINER    Name of this container; published as a capability.
          FARGATE_STORAGE      Kind of the shared storage; published as a capability.
          VSO_AGENT_IGNORE     Comma-separated variables that are not published as capabilities.

        Signals: SIGTERM lets the running job end within AZP_DRAIN_SECONDS; a second one, or SIGINT, cancels it at once.

        Exit codes: 0 done, 1 failed, 2 wrong usage or configuration; of builtin run 0 done, 1 failed for good, 2 try again.
        """;

    /// <exception cref="AgentException">The arguments are not understood.</exception>
    public static AgentCommand Parse(string[] arguments) => arguments switch
    {
        ["--help" or "-h"] or [_, "--help" or "-h"] or ["builtin", _, "--help" or "-h"] => new AgentCommand.Print(Help),
        ["--version"] => new AgentCommand.Print(AgentVersion.Product),
        ["supervise"] => new AgentCommand.Supervise(null),
        ["supervise", TokenHandover.Option, var fd] when Descriptor(fd) is { } number => new AgentCommand.Supervise(number),
        ["builtin"] => new AgentCommand.BuiltIn(null),
        ["builtin", TokenHandover.Option, var fd] when Descriptor(fd) is { } number => new AgentCommand.BuiltIn(number),

        // config.sh takes "remove" as its first argument, so a script in its place hands it on.
        ["builtin", "configure", "remove", .. var rest] => new AgentCommand.Remove(AgentArguments.Parse(rest)),
        ["builtin", "configure", .. var rest] => new AgentCommand.Configure(AgentArguments.Parse(rest)),
        ["builtin", "remove", .. var rest] => new AgentCommand.Remove(AgentArguments.Parse(rest)),
        ["builtin", "run", .. var rest] => new AgentCommand.Run(AgentArguments.Parse(rest)),
        [GitCredential, var operation] => new AgentCommand.AnswerGit(operation),
        [HoldNetwork, .. var forwards] when forwards.Select(Forward.Parse).ToArray() is var parsed && !parsed.Contains(null) =>
            new AgentCommand.HoldNetwork([.. parsed.OfType<Forward>()]),
        [EmptyFolders, .. var folders] => new AgentCommand.EmptyFolders([.. folders]),
        [] => throw Wrong("No command was given."),
        _ => throw Wrong($"\"{string.Join(' ', arguments)}\" is not understood."),
    };

    private static int? Descriptor(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static AgentException Wrong(string what) =>
        new("AGENT001", what, "Run: tidepool-agent supervise, tidepool-agent builtin, or --help.", ExitCode.WrongUsage);
}
