using System.Globalization;
using Tidepool.Pipelines.Graph;

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
            ["build.repository.uri"] = RepositoryUrl(facts, request.RepositoryName, organization),
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
    public static Dictionary<string, string> OfJob(LegNode leg)
    {
        var (stage, job) = (leg.Stage, leg.Job);
        var culture = CultureInfo.InvariantCulture;
        var variables = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["system.stageName"] = stage.Definition.Name,
            ["system.stageDisplayName"] = stage.Definition.DisplayName,
            ["system.stageAttempt"] = stage.Attempt.ToString(culture),
            ["system.phaseName"] = job.Definition.Name,
            ["system.phaseDisplayName"] = job.DisplayName,
            ["system.phaseAttempt"] = job.Attempt.ToString(culture),
            ["system.jobName"] = NameOf(leg),
            ["system.jobDisplayName"] = leg.DisplayName,
            ["system.jobAttempt"] = leg.Attempt.ToString(culture),
            ["system.jobId"] = $"{leg.RecordId}",
            ["system.jobIdentifier"] = leg.Identifier,
            ["system.jobPositionInPhase"] = leg.Leg.Position.ToString(culture),
            ["system.totalJobsInPhase"] = leg.Leg.Total.ToString(culture),
            ["system.enableAccessToken"] = "true",
            ["agent.jobName"] = leg.DisplayName,
            ["agent.readOnlyVariables"] = "true",
            // These plug-ins of Microsoft's agent would call services that only Azure DevOps has.
            ["agent.disablelogplugin.TestResultLogPlugin"] = "true",
            ["agent.disablelogplugin.TestFilePublisherPlugin"] = "true",
        };
        if (job.Expansion?.Type is { } type)
        {
            variables["system.parallelExecutionType"] = type;
        }

        foreach (var (name, value) in leg.Plan?.SystemVariables ?? leg.Leg.SystemVariables)
        {
            variables[name] = value;
        }

        return variables;
    }

    /// <summary>The name of the leg, or of the job where it is the only one.</summary>
    public static string NameOf(LegNode leg) => leg.Leg.Name == JobLeg.DefaultName ? leg.Job.Definition.Name : leg.Leg.Name;

    /// <summary>Variables of the repositories under <c>resources</c>, as far as they are served here.</summary>
    /// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/resources#variables</remarks>
    public static Dictionary<string, string> OfRepositories(RunFacts facts, Uri organization)
    {
        var variables = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (alias, repository) in facts.Request.AllRepositories)
        {
            var prefix = $"resources.repositories.{alias}";
            variables[$"{prefix}.name"] = repository.Name;
            variables[$"{prefix}.ref"] = repository.Ref;
            variables[$"{prefix}.type"] = "Git";
            variables[$"{prefix}.id"] = $"{facts.RepositoryIdOf(repository.Name)}";
            variables[$"{prefix}.url"] = RepositoryUrl(facts, repository.Name, organization);
            variables[$"{prefix}.version"] = repository.Version;
        }

        return variables;
    }

    /// <summary>Variables of a pipeline under <c>resources</c>, from the run of it that is used.</summary>
    /// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/resources#variables</remarks>
    public static void AddPipeline(Dictionary<string, string> variables, string alias, RunFacts run)
    {
        var prefix = $"resources.pipeline.{alias}";
        variables[$"{prefix}.projectName"] = run.Project;
        variables[$"{prefix}.projectID"] = $"{run.ProjectId}";
        variables[$"{prefix}.pipelineName"] = run.Request.DefinitionName;
        variables[$"{prefix}.pipelineID"] = run.DefinitionId.ToString(CultureInfo.InvariantCulture);
        variables[$"{prefix}.runName"] = run.Number;
        variables[$"{prefix}.runID"] = run.Id.ToString(CultureInfo.InvariantCulture);
        variables[$"{prefix}.runURI"] = run.Uri;
        variables[$"{prefix}.sourceBranch"] = run.Request.SourceBranch;
        variables[$"{prefix}.sourceCommit"] = run.Request.SourceVersion;
        variables[$"{prefix}.sourceProvider"] = "TfsGit";
        variables[$"{prefix}.requestedFor"] = run.Request.RequestedFor;
        variables[$"{prefix}.requestedForID"] = $"{RecordId.Of("user", run.Request.RequestedFor)}";
    }

    public static string RepositoryUrl(RunFacts facts, string name, Uri organization) =>
        $"{organization}/{Uri.EscapeDataString(facts.Project)}/_git/{Uri.EscapeDataString(name)}";
}
