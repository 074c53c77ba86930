using System.Globalization;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>The variables that the service itself sets.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/build/variables</remarks>
internal static class RunVariables
{
    /// <summary>Those that are there when templates are expanded, before there is a run; names ignore case.</summary>
    public static Dictionary<string, string> OfTemplates(string repository, string branch, string version) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["Build.SourceBranch"] = branch,
        ["Build.SourceBranchName"] = branch[(branch.LastIndexOf('/') + 1)..],
        ["Build.SourceVersion"] = version,
        ["Build.Reason"] = "Manual",
        ["Build.Repository.Name"] = repository,
    };

    /// <summary>Variables of a run; names ignore case.</summary>
    public static Dictionary<string, string> OfRun(RunFacts facts, Uri organization)
    {
        var request = facts.Request;
        var culture = CultureInfo.InvariantCulture;
        return new(StringComparer.OrdinalIgnoreCase)
        {
            ["system"] = "build",
            ["system.hostType"] = "build",
            // An agent that hears "OnPremises" puts the host it was configured with into every URL of a job.
            ["system.serverType"] = "OnPremises",
            ["system.culture"] = "en-US",
            ["system.collectionId"] = $"{facts.CollectionId}",
            ["system.collectionUri"] = $"{organization}/",
            ["system.teamFoundationCollectionUri"] = $"{organization}/",
            ["system.taskDefinitionsUri"] = $"{organization}/",
            ["system.teamProject"] = facts.Project,
            ["system.teamProjectId"] = $"{facts.ProjectId}",
            ["system.definitionId"] = facts.DefinitionId.ToString(culture),
            ["system.definitionName"] = request.DefinitionName,
            ["system.planId"] = $"{facts.PlanId}",
            ["system.timelineId"] = $"{facts.TimelineId}",
            ["system.pipelineStartTime"] = facts.StartTime.ToString("yyyy-MM-dd HH:mm:sszzz", culture),
            ["system.isScheduled"] = "False",
            ["build.buildId"] = facts.Id.ToString(culture),
            ["build.buildNumber"] = facts.Number,
            ["build.buildUri"] = facts.Uri,
            ["build.containerId"] = facts.Id.ToString(culture),
            ["build.definitionName"] = request.DefinitionName,
            ["build.definitionVersion"] = "1",
            ["build.reason"] = "Manual",
            ["build.queuedBy"] = request.RequestedFor,
            ["build.requestedFor"] = request.RequestedFor,
            ["build.requestedForId"] = $"{RecordId.Of("user", request.RequestedFor)}",
            ["build.repository.id"] = $"{facts.RepositoryId}",
            ["build.repository.name"] = request.RepositoryName,
            ["build.repository.provider"] = "TfsGit",
            ["build.repository.uri"] = RepositoryUrl(facts, organization),
            ["build.repository.clean"] = "False",
            ["build.repository.git.submoduleCheckout"] = "False",
            ["build.sourceBranch"] = request.SourceBranch,
            ["build.sourceBranchName"] = request.SourceBranch[(request.SourceBranch.LastIndexOf('/') + 1)..],
            ["build.sourceVersion"] = request.SourceVersion,
            ["build.sourceVersionMessage"] = request.SourceVersionMessage,
            ["build.syncSources"] = "True",
        };
    }

    /// <summary>Variables of a job beyond those of its run.</summary>
    public static Dictionary<string, string> OfJob(StageNode stage, JobNode job) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["system.stageName"] = stage.Definition.Name,
        ["system.stageDisplayName"] = stage.Definition.DisplayName,
        ["system.stageAttempt"] = "1",
        ["system.phaseName"] = job.Definition.Name,
        ["system.phaseDisplayName"] = job.DisplayName,
        ["system.phaseAttempt"] = "1",
        ["system.jobName"] = job.Definition.Name,
        ["system.jobDisplayName"] = job.DisplayName,
        ["system.jobAttempt"] = "1",
        ["system.jobId"] = $"{job.RecordId}",
        ["system.jobIdentifier"] = job.Identifier,
        ["system.jobPositionInPhase"] = "1",
        ["system.totalJobsInPhase"] = "1",
        ["system.enableAccessToken"] = "true",
        ["agent.jobName"] = job.DisplayName,
        ["agent.readOnlyVariables"] = "true",
        // These plug-ins of Microsoft's agent would call services that only Azure DevOps has.
        ["agent.disablelogplugin.TestResultLogPlugin"] = "true",
        ["agent.disablelogplugin.TestFilePublisherPlugin"] = "true",
    };

    public static string RepositoryUrl(RunFacts facts, Uri organization) =>
        $"{organization}/{Uri.EscapeDataString(facts.Project)}/_git/{Uri.EscapeDataString(facts.Request.RepositoryName)}";
}
