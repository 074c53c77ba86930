using System.Globalization;

namespace Tidepool.Agent;

/// <summary>What the container's environment says about this agent.</summary>
internal sealed record AgentSettings
{
    private static readonly TimeSpan DefaultDrain = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromHours(1);

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

    /// <summary>How long a running job may go on after SIGTERM. Default 90 s: the rest of Fargate's 120 s is for cancelling it.</summary>
    public TimeSpan Drain { get; init; } = DefaultDrain;

    /// <exception cref="AgentException">A setting is missing or wrong.</exception>
    public static AgentSettings Read() => new()
    {
        Url = Address(Require("AZP_URL", "the URL of the organization, as in https://dev.azure.com/name")),
        Pool = Require("AZP_POOL", "the name of the agent pool"),
        WorkFolder = Path.GetFullPath(Optional("AZP_WORK") ?? Path.Combine(Optional("HOME") ?? "/", "_work")),
        Name = Optional("AZP_AGENT_NAME"),
        Container = Optional("FARGATE_CONTAINER"),
        MetadataUri = Optional("ECS_CONTAINER_METADATA_URI_V4"),
        AgentUri = Optional("ECS_AGENT_URI"),
        Drain = DrainOf(Optional("AZP_DRAIN_SECONDS")),
    };

    private static string Address(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
            ? url.TrimEnd('/')
            : throw Wrong($"AZP_URL is \"{url}\".", "Set it to an http or https URL, as in https://dev.azure.com/name.");

    private static TimeSpan DrainOf(string? text) => text switch
    {
        null => DefaultDrain,
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= LongestDrain.TotalSeconds => TimeSpan.FromSeconds(seconds),
        _ => throw Wrong($"AZP_DRAIN_SECONDS is \"{text}\".", "Set it to whole seconds, 0 to 3600."),
    };

    private static string Require(string name, string meaning) =>
        Optional(name) ?? throw Wrong($"{name} is not set.", $"Set it to {meaning}.");

    private static string? Optional(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static AgentException Wrong(string what, string mend) => new("AGENT001", what, mend, ExitCode.WrongUsage);
}
