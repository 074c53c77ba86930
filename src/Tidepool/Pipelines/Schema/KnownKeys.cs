namespace Tidepool.Pipelines.Schema;

/// <summary>What the schema knows of one kind of mapping. A key outside all three lists is unknown.</summary>
/// <param name="Read">Keys that have an effect.</param>
/// <param name="Ignored">Keys that are valid and mean nothing to a run here; docs/pipelines.md lists them.</param>
/// <param name="NotYet">Keys that the service knows and that are refused by name, with the reason.</param>
internal sealed record KeyTable(string[] Read, string[] Ignored, string[] NotYet);

/// <summary>The schema's keys, as data.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/ and
/// https://github.com/microsoft/azure-pipelines-vscode/blob/main/service-schema.json
/// </remarks>
internal static class KnownKeys
{
    /// <summary>What a Fargate task cannot do: it has no Docker engine.</summary>
    private static readonly string[] Engine = ["container", "services"];

    private static readonly string[] StepCommon =
    [
        "condition", "continueOnError", "displayName", "target", "enabled", "env", "name", "timeoutInMinutes", "retryCountOnTaskFailure",
    ];

    private static readonly string[] JobCommon =
    [
        "displayName", "dependsOn", "condition", "continueOnError", "timeoutInMinutes", "cancelTimeoutInMinutes", "variables", "strategy",
        "pool", "workspace", "uses",
    ];

    private static readonly string[] Hooks = ["preDeploy", "deploy", "routeTraffic", "postRouteTraffic", "on"];

    public static KeyTable Pipeline { get; } = new(
        [
            "name", "appendCommitMessageToRunName", "resources", "variables", "pool", "stages", "jobs", "phases", "steps", "strategy",
            "continueOnError", "workspace", "timeoutInMinutes", "cancelTimeoutInMinutes", "queue", "server", "lockBehavior",
        ],
        ["trigger", "pr", "schedules", "parameters"],
        ["extends", .. Engine]);

    /// <summary>Keys of a root that has only steps; the implied job has them.</summary>
    public static IReadOnlyList<string> StepsOnly { get; } =
    [
        "strategy", "continueOnError", "workspace", "timeoutInMinutes", "cancelTimeoutInMinutes", "queue", "server", .. Engine,
    ];

    public static KeyTable Stage { get; } = new(
        ["stage", "displayName", "pool", "dependsOn", "condition", "variables", "jobs", "trigger", "lockBehavior", "isSkippable"],
        ["group", "templateContext", "checks"],
        []);

    public static KeyTable Job { get; } = new(["job", "steps", .. JobCommon], ["templateContext"], Engine);

    public static KeyTable DeploymentJob { get; } = new(["deployment", "environment", .. JobCommon], ["templateContext"], Engine);

    public static KeyTable Phase { get; } = new(
        ["phase", "dependsOn", "displayName", "condition", "continueOnError", "queue", "server", "variables", "steps"], [], []);

    public static KeyTable PhaseQueue { get; } = new(
        ["name", "demands", "matrix", "parallel", "timeoutInMinutes", "cancelTimeoutInMinutes", "workspace", "container"], [], []);

    public static KeyTable PhaseServer { get; } = new(["matrix", "parallel", "timeoutInMinutes", "cancelTimeoutInMinutes"], [], []);

    public static KeyTable Strategy { get; } = new(["matrix", "maxParallel", "parallel"], [], []);

    public static KeyTable DeploymentStrategy { get; } = new(["runOnce", "rolling", "canary"], [], []);

    public static KeyTable RunOnce { get; } = new(Hooks, [], []);

    public static KeyTable Rolling { get; } = new(["maxParallel", .. Hooks], [], []);

    public static KeyTable Canary { get; } = new(["increments", .. Hooks], [], []);

    public static KeyTable Hook { get; } = new(["steps", "pool"], [], []);

    public static KeyTable OnHooks { get; } = new(["failure", "success"], [], []);

    public static KeyTable Environment { get; } = new(["name", "resourceName", "resourceId", "resourceType", "tags"], [], []);

    public static KeyTable Uses { get; } = new(["repositories", "pools"], [], []);

    public static KeyTable Task { get; } = new(["task", "inputs", .. StepCommon], [], []);

    public static KeyTable Script { get; } = new(["script", "failOnStderr", "workingDirectory", .. StepCommon], [], []);

    public static KeyTable Bash { get; } = new(["bash", "failOnStderr", "workingDirectory", .. StepCommon], [], []);

    public static KeyTable PowerShell { get; } = new(
        ["powershell", "errorActionPreference", "failOnStderr", "ignoreLASTEXITCODE", "workingDirectory", .. StepCommon], [], []);

    public static KeyTable Pwsh { get; } = new(
        ["pwsh", "errorActionPreference", "failOnStderr", "ignoreLASTEXITCODE", "workingDirectory", .. StepCommon], [], []);

    public static KeyTable Checkout { get; } = new(
        [
            "checkout", "clean", "fetchDepth", "fetchFilter", "fetchTags", "lfs", "submodules", "persistCredentials", "path",
            "workspaceRepo", "sparseCheckoutDirectories", "sparseCheckoutPatterns", .. StepCommon,
        ],
        [],
        []);

    public static KeyTable Download { get; } = new(["download", "artifact", "patterns", "path", .. StepCommon], [], []);

    public static KeyTable DownloadBuild { get; } = new(["downloadBuild", "artifact", "path", "patterns", "inputs", .. StepCommon], [], []);

    public static KeyTable GetPackage { get; } = new(["getPackage", "path", .. StepCommon], [], []);

    public static KeyTable Publish { get; } = new(["publish", "artifact", .. StepCommon], [], []);

    public static KeyTable Upload { get; } = new(["upload", "artifact", .. StepCommon], [], []);

    public static KeyTable ReviewApp { get; } = new(["reviewApp", .. StepCommon], [], []);

    public static KeyTable Target { get; } = new(["container", "commands", "settableVariables"], [], []);

    public static KeyTable Variable { get; } = new(["name", "value", "readonly"], [], []);

    public static KeyTable Group { get; } = new(["group"], [], []);

    public static KeyTable Parameter { get; } = new(["name", "type", "default", "values"], ["displayName"], []);

    public static KeyTable Workspace { get; } = new(["clean"], [], []);

    public static KeyTable Resources { get; } = new(
        ["repositories", "containers", "pipelines"], ["builds", "webhooks", "packages"], []);

    public static KeyTable PipelineResource { get; } = new(
        ["pipeline", "project", "source", "version", "branch"], ["tags", "trigger"], []);

    public static KeyTable LegacyRepository { get; } = new(["repo", "clean", "fetchDepth", "lfs"], [], []);

    /// <summary>Keys that begin a step.</summary>
    public static IReadOnlyList<string> StepKinds { get; } =
    [
        "script", "bash", "checkout", "task", "powershell", "pwsh", "publish", "download", "downloadBuild", "getPackage", "reviewApp",
        "upload", "template",
    ];

    /// <summary>Keys that begin a job.</summary>
    public static IReadOnlyList<string> JobKinds { get; } = ["job", "deployment", "template"];

    /// <summary>Keys that begin a phase, which is what jobs were once called.</summary>
    public static IReadOnlyList<string> PhaseKinds { get; } = ["phase", "template"];

    /// <summary>Keys that begin a stage.</summary>
    public static IReadOnlyList<string> StageKinds { get; } = ["stage", "template"];

    /// <summary>Keys that begin a variable in a list.</summary>
    public static IReadOnlyList<string> VariableKinds { get; } = ["name", "group", "template"];
}

/// <summary>The words for what the service knows and this product does not run.</summary>
internal static class Refusal
{
    public static string Of(string what) => what is "container" or "services" ? NoEngine(what) : $"'{what}' is not supported yet";

    /// <summary>For jobs, services and steps in containers.</summary>
    public static string NoEngine(string what) =>
        $"'{what}' needs a Docker engine, which a Fargate task does not have. Run the steps on the agent itself.";

    /// <summary>Azure Pipelines takes what is refused here.</summary>
    public static bool IsOne(string text) =>
        text.EndsWith("' is not supported yet", StringComparison.Ordinal)
        || text.Contains("needs a Docker engine, which a Fargate task does not have", StringComparison.Ordinal);
}
