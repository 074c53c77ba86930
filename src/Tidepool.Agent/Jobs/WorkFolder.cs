using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>A job's folders: <c>_work/1/{s,a,b,TestResults}</c>, <c>_work/_temp</c>, <c>_work/_tool</c>.</summary>
internal sealed record WorkFolder
{
    private WorkFolder(string root, string sources) => (Root, Sources) = (root, sources);

    public string Root { get; }

    /// <summary>$(Pipeline.Workspace). One folder for all pipelines: jobs come one at a time, and the disk is small.</summary>
    public string Workspace => Path.Combine(Root, "1");

    /// <summary>Where the one checked-out repository is; with several, the folder that holds them.</summary>
    public string Sources { get; }
    public string Staging => Path.Combine(Workspace, "a");
    public string Binaries => Path.Combine(Workspace, "b");
    public string TestResults => Path.Combine(Workspace, "TestResults");
    public string Temp => Path.Combine(Root, "_temp");
    public string Tools => Path.Combine(Root, "_tool");

    /// <summary>Names the folders of a job; touches nothing.</summary>
    public static WorkFolder Of(string root, IReadOnlyList<JobStep> steps)
    {
        var checkouts = steps.Where(step => step.Reference.Id == TaskReference.Checkout).ToList();
        var sources = checkouts is [var only] && only.Inputs.GetValueOrDefault("path") is { Length: > 0 } path ? path : "s";
        return new(root, Path.GetFullPath(Path.Combine(root, "1", sources)));
    }

    /// <summary>Makes the folders, empties those that start empty, and cleans what the job asks for.</summary>
    /// <exception cref="IOException">The disk is full or a folder cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The work folder is not the agent's to write.</exception>
    public void Prepare(string? clean)
    {
        switch (clean)
        {
            case "all":
                Delete(Workspace);
                break;
            case "resources":
                Delete(Sources);
                break;
            case "outputs":
                Delete(Binaries);
                break;
        }
        foreach (var emptied in (string[])[Staging, TestResults, Temp])
        {
            Delete(emptied);
        }
        foreach (var needed in (string[])[Sources, Staging, Binaries, TestResults, Temp, Tools])
        {
            Directory.CreateDirectory(needed);
        }
    }

    public void EmptyTemp() => Delete(Temp);

    /// <summary>The same folders as variables.</summary>
    public IEnumerable<(string Name, string Value)> AsVariables() =>
    [
        ("Agent.WorkFolder", Root), ("Agent.RootDirectory", Root), ("Agent.BuildDirectory", Workspace),
        ("Agent.TempDirectory", Temp), ("Agent.ToolsDirectory", Tools),
        ("Pipeline.Workspace", Workspace), ("System.DefaultWorkingDirectory", Sources), ("System.ArtifactsDirectory", Staging),
        ("Build.SourcesDirectory", Sources), ("Build.Repository.LocalPath", Sources), ("Build.BinariesDirectory", Binaries),
        ("Build.ArtifactStagingDirectory", Staging), ("Build.StagingDirectory", Staging), ("Common.TestResultsDirectory", TestResults),
    ];

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
