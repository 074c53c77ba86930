namespace Tidepool.Pipelines.Lint;

/// <summary>Variables that the service and the agent set.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/build/variables</remarks>
internal static class PredefinedVariables
{
    /// <summary>Whose names the user chooses, or that depend on how the run came about.</summary>
    private static readonly string[] OpenPrefixes =
        ["resources.", "environment.", "strategy.", "release.", "system.pullrequest.", "build.triggeredby.", "checks.", "task."];

    private static readonly HashSet<string> Names = new(
        """
        Agent.AcceptTeeEula Agent.BuildDirectory Agent.CloudId Agent.ContainerMapping Agent.DeploymentGroupId Agent.Diagnostic
        Agent.DisableLogPlugin.TestFilePublisherPlugin Agent.HomeDirectory Agent.Id Agent.JobName Agent.JobStatus Agent.MachineName
        Agent.Name Agent.OS Agent.OSArchitecture Agent.ProxyUrl Agent.ReleaseDirectory Agent.RetainDefaultEncoding Agent.RootDirectory
        Agent.ServerOMDirectory Agent.TempDirectory Agent.ToolsDirectory Agent.UserName Agent.Version Agent.WorkFolder
        Agent.WorkingDirectory Agent.Source.Skip
        Build.ArtifactStagingDirectory Build.BinariesDirectory Build.BuildId Build.BuildNumber Build.BuildUri Build.Clean
        Build.ContainerId Build.CronSchedule.DisplayName Build.DefinitionFolderPath Build.DefinitionId Build.DefinitionName
        Build.DefinitionVersion Build.ProjectId Build.ProjectName Build.QueuedBy Build.QueuedById Build.Reason Build.Repository.Clean
        Build.Repository.Git.SubmoduleCheckout Build.Repository.Id Build.Repository.LocalPath Build.Repository.Name
        Build.Repository.Provider Build.Repository.Tfvc.Workspace Build.Repository.Uri Build.RequestedFor Build.RequestedForEmail
        Build.RequestedForId Build.SourceBranch Build.SourceBranchName Build.SourcesDirectory Build.SourceTfvcShelveset
        Build.SourceVersion Build.SourceVersionAuthor Build.SourceVersionMessage Build.StagingDirectory Build.SyncSources
        Build.Type
        Common.TestResultsDirectory
        Pipeline.Workspace
        System.AccessToken System.ArtifactsDirectory System.CollectionId System.CollectionUri System.Culture System.Debug
        System.DefaultWorkingDirectory System.DefinitionId System.DefinitionName System.EnableAccessToken System.HostType
        System.IsScheduled System.JobAttempt System.JobDisplayName System.JobId System.JobIdentifier System.JobName
        System.JobParallelismTag System.JobPositionInPhase System.ParallelExecutionType System.PhaseAttempt System.PhaseDisplayName
        System.PhaseId System.PhaseName System.PipelineStartTime System.PlanId System.PostLinesFrequency System.ServerType
        System.StageAttempt System.StageDisplayName System.StageId System.StageName System.TaskDefinitionsUri
        System.TaskDisplayName System.TaskInstanceId System.TaskInstanceName System.TeamFoundationCollectionUri
        System.TeamFoundationServerUri System.TeamProject System.TeamProjectId System.TimelineId System.TotalJobsInPhase
        System.OidcRequestUri System.WorkFolder TF_BUILD
        """.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries),
        StringComparer.OrdinalIgnoreCase);

    public static IEnumerable<string> All => Names;

    public static bool Has(string name) =>
        Names.Contains(name) || OpenPrefixes.Any(p => name.StartsWith(p, StringComparison.OrdinalIgnoreCase));

    /// <summary>Named as only predefined variables are.</summary>
    public static bool LooksPredefined(string name) =>
        name.StartsWith("Build.", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("System.", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Agent.", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Pipeline.", StringComparison.OrdinalIgnoreCase);
}
