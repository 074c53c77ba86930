namespace Tidepool.Pipelines.Schema;

/// <summary>What the schema knows of one kind of mapping. A key outside all three lists is unknown.</summary>
/// <param name="Read">Keys that have an effect.</param>
/// <param name="Ignored">Keys that are valid and mean nothing to a run that is queued by hand.</param>
/// <param name="NotYet">Keys that the service knows and that are refused by name.</param>
internal sealed record KeyTable(string[] Read, string[] Ignored, string[] NotYet);

/// <summary>The schema's keys, as data.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/</remarks>
internal static class KnownKeys
{
    private static readonly string[] StepCommon =
        ["condition", "continueOnError", "displayName", "enabled", "env", "name", "timeoutInMinutes", "retryCountOnTaskFailure"];

    public static KeyTable Pipeline { get; } = new(
        [
            "name", "variables", "pool", "stages", "jobs", "steps", "continueOnError", "workspace", "timeoutInMinutes",
            "cancelTimeoutInMinutes",
        ],
        ["trigger", "pr", "schedules", "appendCommitMessageToRunName", "lockBehavior", "parameters"],
        ["resources", "extends", "strategy", "container", "services", "phases", "queue", "server"]);

    public static KeyTable Stage { get; } = new(
        ["stage", "displayName", "pool", "dependsOn", "condition", "variables", "jobs", "trigger"],
        ["lockBehavior", "isSkippable"],
        ["group", "templateContext", "checks", "phases"]);

    public static KeyTable Job { get; } = new(
        [
            "job", "displayName", "dependsOn", "condition", "continueOnError", "timeoutInMinutes", "cancelTimeoutInMinutes", "variables",
            "pool", "workspace", "steps",
        ],
        [],
        ["strategy", "container", "services", "uses", "templateContext"]);

    public static KeyTable Script { get; } = new(["script", "failOnStderr", "workingDirectory", .. StepCommon], [], ["target"]);

    public static KeyTable Bash { get; } = new(["bash", "failOnStderr", "workingDirectory", .. StepCommon], [], ["target"]);

    public static KeyTable Checkout { get; } = new(
        ["checkout", "clean", "fetchDepth", "fetchTags", "lfs", "submodules", "persistCredentials", "path", .. StepCommon],
        [],
        ["fetchFilter", "workspaceRepo", "sparseCheckoutDirectories", "sparseCheckoutPatterns", "target"]);

    public static KeyTable Variable { get; } = new(["name", "value", "readonly"], [], []);

    public static KeyTable Parameter { get; } = new(["name", "type", "default", "values"], ["displayName"], []);

    public static KeyTable Workspace { get; } = new(["clean"], [], []);

    /// <summary>Keys that begin a step; all but the first three are refused.</summary>
    public static IReadOnlyList<string> StepKinds { get; } =
    [
        "script", "bash", "checkout",
        "task", "powershell", "pwsh", "publish", "download", "downloadBuild", "getPackage", "reviewApp", "upload", "template", "group",
    ];

    /// <summary>Keys that begin a job; all but the first are refused.</summary>
    public static IReadOnlyList<string> JobKinds { get; } = ["job", "deployment", "template", "phase"];

    /// <summary>Keys that begin a stage; all but the first are refused.</summary>
    public static IReadOnlyList<string> StageKinds { get; } = ["stage", "template"];

    /// <summary>Keys that begin a variable in a list; all but the first are refused.</summary>
    public static IReadOnlyList<string> VariableKinds { get; } = ["name", "group", "template"];
}

/// <summary>The words for what the service knows and this product does not run yet.</summary>
internal static class Refusal
{
    public static string Of(string what) => what is "container" or "services"
        ? $"'{what}' is not supported yet, nor does Fargate run container jobs"
        : $"'{what}' is not supported yet";
}
