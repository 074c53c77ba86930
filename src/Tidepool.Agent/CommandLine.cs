using System.Globalization;
using Tidepool.Agent.Token;

namespace Tidepool.Agent;

/// <summary>What the command line asks for.</summary>
internal abstract record AgentCommand
{
    /// <param name="TokenFd">Where the former image of this process left the token; null in the first image.</param>
    public sealed record BuiltIn(int? TokenFd) : AgentCommand;

    /// <summary>Answer git's question for credentials; git starts it, no user.</summary>
    public sealed record AnswerGit(string Operation) : AgentCommand;

    public sealed record Print(string Text) : AgentCommand;
}

/// <summary>Reads the arguments.</summary>
internal static class CommandLine
{
    public const string GitCredential = "git-credential";

    private const string Help = """
        Usage: tidepool-agent builtin
               tidepool-agent --help | --version

        Runs the built-in Azure Pipelines agent: registers it in a pool, runs the pool's jobs, and removes it at SIGTERM.

        Environment:
          AZP_URL            URL of the organization or server. Required.
          AZP_TOKEN          Token that registers agents: a personal access token, or one of Microsoft Entra. No job can read it.
          AZP_TOKEN_FILE     Instead: file that holds the token, read each time. Jobs can read what the agent can.
          AZP_CLIENT_ID      Instead: service principal, with AZP_TENANT_ID and AZP_CLIENT_SECRET. No job can read the secret.
          AZP_AUTHORITY_HOST Where its tokens come from. Default: https://login.microsoftonline.com
          AZP_POOL           Name of the pool. Required.
          AZP_WORK           Work folder. Default: $HOME/_work
          AZP_AGENT_NAME     Name in the pool. Default: {FARGATE_CONTAINER}-{id of the ECS task}, or the host's name
          AZP_DRAIN_SECONDS  Seconds that a running job gets to end after SIGTERM. 0 to 3600. Default: 90
          FARGATE_CONTAINER  Name of this container; published as a capability.
          VSO_AGENT_IGNORE   Comma-separated variables that are not published as capabilities.

        Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
        """;

    /// <exception cref="AgentException">The arguments are not understood.</exception>
    public static AgentCommand Parse(IReadOnlyList<string> arguments) => arguments switch
    {
        ["--help" or "-h"] or ["builtin", "--help" or "-h"] => new AgentCommand.Print(Help),
        ["--version"] => new AgentCommand.Print(AgentVersion.Product),
        ["builtin"] => new AgentCommand.BuiltIn(null),
        ["builtin", TokenHandover.Option, var fd] when int.TryParse(fd, NumberStyles.None, CultureInfo.InvariantCulture, out var number) =>
            new AgentCommand.BuiltIn(number),
        [GitCredential, var operation] => new AgentCommand.AnswerGit(operation),
        [] => throw Wrong("No command was given."),
        _ => throw Wrong($"\"{string.Join(' ', arguments)}\" is not understood."),
    };

    private static AgentException Wrong(string what) =>
        new("AGENT001", what, "Run: tidepool-agent builtin, or --help.", ExitCode.WrongUsage);
}
