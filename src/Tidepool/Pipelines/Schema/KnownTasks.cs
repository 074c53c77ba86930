using Tidepool.AgentProtocol;

namespace Tidepool.Pipelines.Schema;

/// <summary>Tasks that every organization has and that steps become; known without their packages.</summary>
/// <remarks>
/// Source: https://github.com/microsoft/azure-pipelines-tasks, the file task.json of each. A version here is the one of the day this was
/// written; an organization has its own, which <see cref="ITaskCatalog"/> tells.
/// </remarks>
internal static class KnownTasks
{
    private static readonly TaskInput[] ScriptInputs = [Input("script"), Input("workingDirectory"), Input("failOnStderr")];

    public static PipelineTask Checkout { get; } = Task(TaskReference.Checkout, "Checkout", "1.0.0", "Checkout", Input("repository"));

    public static PipelineTask CmdLine { get; } = Task(TaskReference.CmdLine, "CmdLine", "2.250.1", "Command line", ScriptInputs);

    public static PipelineTask Bash { get; } = Task(TaskReference.Bash, "Bash", "3.250.1", "Bash", [Input("targetType"), .. ScriptInputs]);

    public static PipelineTask PowerShell { get; } = Task(
        new("e213ff0f-5d5c-4791-802d-52ea3e7be1f1"), "PowerShell", "2.250.1", "PowerShell", [Input("targetType"), .. ScriptInputs]);

    public static PipelineTask Publish { get; } = Task(
        new("ecdc45f6-832d-4ad9-b52b-ee49e94659be"),
        "PublishPipelineArtifact",
        "1.242.0",
        "Publish Pipeline Artifacts",
        Input("path", "targetPath"),
        Input("artifactName", "artifact"),
        Input("artifactType", "publishLocation"));

    public static PipelineTask Download { get; } = Task(
        new("61f2a582-95ae-4948-b34d-a1b3c4f6a737"),
        "DownloadPipelineArtifact",
        "2.198.0",
        "Download Pipeline Artifacts",
        Input("source", "buildType"),
        Input("pipeline", "definition"),
        Input("preferTriggeringPipeline", "specificBuildWithTriggering"),
        Input("runVersion", "buildVersionToDownload"),
        Input("runBranch", "branchName"),
        Input("runId", "pipelineId", "buildId"),
        Input("artifact", "artifactName"),
        Input("patterns", "itemPattern"),
        Input("path", "targetPath", "downloadPath"));

    public static PipelineTask PublishBuild { get; } = Task(
        new("2ff763a7-ce83-4e1f-bc89-0ae63477cebe"),
        "PublishBuildArtifacts",
        "1.274.0",
        "Publish build artifacts",
        Input("PathtoPublish"),
        Input("ArtifactName"),
        Input("ArtifactType", "publishLocation"));

    public static PipelineTask DownloadBuild { get; } = Task(
        new("a433f589-fce1-4460-9ee6-44a624aeb1fb"),
        "DownloadBuildArtifacts",
        "0.275.3",
        "Download build artifacts",
        Input("definition", "pipeline"));

    public static PipelineTask DownloadPackage { get; } =
        Task(new("8d6e8f7e-267d-442d-8c92-1f586864c62f"), "DownloadPackage", "1.275.0", "Download package");

    public static PipelineTask ReviewApp { get; } = Task(
        new("deeafed4-0b18-4f58-968d-86655b4d2ce9"), "ReviewApp", "0.275.0", "Review App", Input("resourceName"));

    /// <summary>All of them, the versions of one task newest first.</summary>
    public static IReadOnlyList<PipelineTask> All { get; } =
    [
        Checkout,
        CmdLine,
        Bash,
        PowerShell,
        Publish,
        Download,
        PublishBuild,
        DownloadBuild with { Version = "1.220.0" },
        DownloadBuild,
        DownloadPackage,
        ReviewApp,
        Task(new("28782b92-5e8e-4458-9751-a71cd1492bae"), "Delay", "1.241.0", "Delay", Input("delayForMinutes")) with
        {
            RunsOnServer = true,
        },
        ManualValidation("1.274.0"),
        ManualValidation("0.244.0"),
        Task(new("9c3e8943-130d-4c78-ac63-8af81df62dfb"), "InvokeRESTAPI", "1.274.1", "Invoke REST API") with { RunsOnServer = true },
    ];

    /// <summary>The newest of a name, or id, whose version begins as wanted; null when none is known.</summary>
    public static PipelineTask? Find(string name, string version) => All.FirstOrDefault(t =>
        (t.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || (Guid.TryParse(name, out var id) && t.Id == id))
        && $"{t.Version}.".StartsWith($"{version}.", StringComparison.Ordinal));

    private static PipelineTask ManualValidation(string version) =>
        Task(new("2003ad3a-104a-451a-9238-60474ab294e6"), "ManualValidation", version, "Manual validation") with { RunsOnServer = true };

    private static PipelineTask Task(Guid id, string name, string version, string friendlyName, params TaskInput[] inputs) =>
        new() { Id = id, Name = name, Version = version, FriendlyName = friendlyName, Inputs = inputs };

    private static TaskInput Input(string name, params string[] aliases) => new(name, aliases, DefaultValue: null, IsRequired: false);
}
