using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>A job's folders: <c>_work/1/{s,a,b,TestResults}</c>, <c>_work/_temp</c>, <c>_work/_tool</c>.</summary>
internal sealed record WorkFolder
{
    private WorkFolder(string root) => Root = root;

    public string Root { get; }

    /// <summary>$(Pipeline.Workspace). One folder for all pipelines: jobs come one at a time, and the disk is small.</summary>
    public string Workspace => Path.Combine(Root, "1");

    /// <summary>Where the one checked-out repository is; with several, the folder that holds them, or where self's path is.</summary>
    public string Sources { get; private init; } = "";

    /// <summary>Where scripts start: <see cref="Sources"/>, or the repository that says <c>workspaceRepo: true</c>.</summary>
    public string Default { get; private init; } = "";
    public string Staging => Path.Combine(Workspace, "a");
    public string Binaries => Path.Combine(Workspace, "b");
    public string TestResults => Path.Combine(Workspace, "TestResults");
    public string Temp => Path.Combine(Root, "_temp");
    public string Tools => Path.Combine(Root, "_tool");

    /// <summary>Whether the job checks out more than one repository, or one more than once.</summary>
    private bool HasSeveral { get; init; }

    /// <summary>Names the folders of a job; touches nothing.</summary>
    /// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout#checkout-path</remarks>
    public static WorkFolder Of(string root, AgentJobRequestMessage request)
    {
        var checkouts = request.Steps.Where(step => step.Enabled && step.Reference.Id == TaskReference.Checkout).ToList();
        var folders = new WorkFolder(root) { HasSeveral = checkouts.Count > 1 };
        string? FolderOf(JobStep checkout) =>
            request.Resources.Repositories.FirstOrDefault(repository => repository.Alias == RepositoryOf(checkout)) is { } repository
                ? folders.FolderOf(repository, checkout.Inputs.GetValueOrDefault("path"))
                : null;

        // Of several, only self counts, and only where its path is not the one that it would have anyway.
        var own = checkouts is [var only] ? only
            : checkouts.FirstOrDefault(checkout => RepositoryOf(checkout) == RepositoryResources.Self && checkout.Inputs.GetValueOrDefault("path") is { Length: > 0 });
        var all = Path.Combine(folders.Workspace, "s");
        var sources = own is null ? all : FolderOf(own) ?? all;
        if (folders.HasSeveral && Path.GetDirectoryName(sources) == all)
        {
            sources = all;
        }
        var chosen = checkouts.FirstOrDefault(checkout => string.Equals(checkout.Inputs.GetValueOrDefault("workspaceRepo"), "true", StringComparison.OrdinalIgnoreCase));
        return folders with { Sources = sources, Default = (chosen is null ? null : FolderOf(chosen)) ?? sources };

        static string RepositoryOf(JobStep checkout) => checkout.Inputs.GetValueOrDefault("repository") is { Length: > 0 } alias ? alias : RepositoryResources.Self;
    }

    /// <summary>Where a repository is checked out to; null for a path that leaves the workspace.</summary>
    /// <param name="path">The checkout's own path in the workspace; null or empty where it gives none.</param>
    public string? FolderOf(RepositoryResource repository, string? path)
    {
        if (path is { Length: > 0 })
        {
            var folder = Path.GetFullPath(path, Workspace);
            return folder.StartsWith($"{Workspace}/", StringComparison.Ordinal) ? folder.TrimEnd('/') : null;
        }
        var all = Path.Combine(Workspace, "s");
        return HasSeveral ? Path.Combine(all, RepositoryResources.Name(repository)) : all;
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
                Delete(Path.Combine(Workspace, "s"));
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
        foreach (var needed in (string[])[Sources, Default, Staging, Binaries, TestResults, Temp, Tools])
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
        ("Pipeline.Workspace", Workspace), ("System.DefaultWorkingDirectory", Default), ("System.ArtifactsDirectory", Staging),
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
