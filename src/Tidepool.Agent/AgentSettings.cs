using System.Globalization;

namespace Tidepool.Agent;

/// <summary>What the container's environment says about this agent.</summary>
internal sealed record AgentSettings
{
    private static readonly TimeSpan DefaultDrain = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestIdle = TimeSpan.FromDays(1);

    /// <summary>URL of the organization, without a slash at its end.</summary>
    public required string Url { get; init; }
    public required string Pool { get; init; }
    public required string WorkFolder { get; init; }

    /// <summary>The name the user chose; null for one made of container and task.</summary>
    public string? Name { get; init; }
    public string? Container { get; init; }

    /// <summary>Base of the ECS task metadata endpoint; null outside of ECS.</summary>
    public string? MetadataUri { get; init; }

    /// <summary>Base of the ECS agent endpoint, which protects the task from scale-in; null outside of ECS.</summary>
    public string? AgentUri { get; init; }

    /// <summary>
    /// How long a running job may go on after SIGTERM. Default 90 s for the built-in agent, which needs the rest of Fargate's 120 s for
    /// cancelling it; <see cref="Supervision.StopBudget.Drain"/> under the supervisor.
    /// </summary>
    public TimeSpan Drain { get; init; } = DefaultDrain;

    /// <summary>Folder of the agent that <c>supervise</c> runs. Default <c>/azp</c>.</summary>
    public string AgentFolder { get; init; } = "/azp";

    /// <summary>Whether the supervised agent leaves after one job.</summary>
    public bool Once { get; init; }

    /// <summary>After how long without a job the supervised agent leaves; null for never.</summary>
    public TimeSpan? Idle { get; init; }

    /// <param name="drain">Default of <see cref="Drain"/>; null for the built-in agent's.</param>
    /// <exception cref="AgentException">A setting is missing or wrong.</exception>
    public static AgentSettings Read(TimeSpan? drain = null) => Of(
        Address(Require("AZP_URL", "the URL of the organization, as in https://dev.azure.com/name")),
        Require("AZP_POOL", "the name of the agent pool"),
        drain);

    /// <summary>The same for an organization and a pool that are not named in the environment.</summary>
    /// <exception cref="AgentException">A setting is wrong.</exception>
    public static AgentSettings Of(string url, string pool, TimeSpan? drain = null) => new()
    {
        Url = Address(url),
        Pool = pool,
        WorkFolder = Path.GetFullPath(Optional("AZP_WORK") ?? Path.Combine(Optional("HOME") ?? "/", "_work")),
        Name = Optional("AZP_AGENT_NAME"),
        Container = Optional("FARGATE_CONTAINER"),
        MetadataUri = Optional("ECS_CONTAINER_METADATA_URI_V4"),
        AgentUri = Optional("ECS_AGENT_URI"),
        Drain = Seconds("AZP_DRAIN_SECONDS", 0, LongestDrain) ?? drain ?? DefaultDrain,
        AgentFolder = Path.GetFullPath(Optional("AZP_AGENT_FOLDER") ?? "/azp"),
        Once = OnceOf(Optional("AZP_ONCE")),
        Idle = Seconds("AZP_IDLE_SECONDS", 1, LongestIdle),
    };

    private static string Address(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
            ? url.TrimEnd('/')
            : throw Wrong($"AZP_URL is \"{url}\".", "Set it to an http or https URL, as in https://dev.azure.com/name.");

    private static TimeSpan? Seconds(string name, int least, TimeSpan most) => Optional(name) switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds >= least && seconds <= most.TotalSeconds => TimeSpan.FromSeconds(seconds),
        var text => throw Wrong($"{name} is \"{text}\".", $"Set it to whole seconds, {least} to {most.TotalSeconds:0}."),
    };

    private static bool OnceOf(string? text) => text?.ToUpperInvariant() switch
    {
        null or "FALSE" or "0" => false,
        "TRUE" or "1" => true,
        _ => throw Wrong($"AZP_ONCE is \"{text}\".", "Set it to true or false."),
    };

    private static string Require(string name, string meaning) =>
        Optional(name) ?? throw Wrong($"{name} is not set.", $"Set it to {meaning}.");

    private static string? Optional(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static AgentException Wrong(string what, string mend) => new("AGENT001", what, mend, ExitCode.WrongUsage);
}
