using System.Text.Json;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>What an agent gets to run one job; written when it is delivered, since only then its URLs are known.</summary>
internal sealed record JobMessage(
    RunFacts Facts, LegNode Leg, string AccessToken, IReadOnlyDictionary<string, VariableValue> Variables)
{
    // From 8 on the agent ends a job by a plan event; the service sends 14 to the agents of today. Inferred from agents' behaviour.
    private const int PlanVersion = 14;

    /// <summary>The user's variables with their precedence, the job's own ones, and the service's on top.</summary>
    /// <param name="isSecret">Whether a value holds a secret; then it is one itself.</param>
    public static IReadOnlyDictionary<string, VariableValue> UserVariables(RunRequest request, JobPlan plan, Func<string, bool> isSecret)
    {
        var all = new Dictionary<string, VariableValue>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in request.Variables)
        {
            all[name] = Value(value, secret: isSecret(value), readOnly: true);
        }

        foreach (var (name, value) in request.Secrets)
        {
            all[name] = Value(value, secret: true, readOnly: false);
        }

        foreach (var (name, planned) in plan.Variables)
        {
            all[name] = Value(planned.Value, planned.IsSecret || isSecret(planned.Value), planned.ReadOnly);
        }

        return all;
    }

    public string Write(JobRequest request, Uri organization) =>
        JsonSerializer.Serialize(Compose(request, organization), ProtocolJson.Default.AgentJobRequestMessage);

    private static VariableValue Value(string value, bool secret = false, bool readOnly = false) =>
        new() { Value = value, IsSecret = secret ? true : null, IsReadOnly = readOnly ? true : null };

    private AgentJobRequestMessage Compose(JobRequest request, Uri organization)
    {
        var variables = new Dictionary<string, VariableValue>(Variables, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in RunVariables.OfRun(Facts, organization).Concat(RunVariables.OfJob(Leg)).Concat(Facts.ResourceVariables))
        {
            variables[name] = Value(value, readOnly: true);
        }

        variables["system.accessToken"] = Value(AccessToken, secret: true, readOnly: true);
        return new()
        {
            Plan = new()
            {
                ScopeIdentifier = Facts.ProjectId,
                Version = PlanVersion,
                PlanId = Facts.PlanId,
                PlanGroup = Facts.PlanGroup,
                ArtifactUri = Facts.Uri,
                Definition = new(Facts.DefinitionId, Facts.Request.DefinitionName),
                Owner = new(Facts.Id, Facts.Number),
            },
            Timeline = new() { Id = Facts.TimelineId, ChangeId = 1 },
            JobId = Leg.RecordId,
            JobName = RunVariables.NameOf(Leg),
            JobDisplayName = Leg.DisplayName,
            RequestId = request.Id,
            LockedUntil = request.LockedUntil,
            Workspace = new(Leg.Job.Definition.WorkspaceClean),
            Mask = [.. variables.Where(pair => pair.Value.IsSecret == true).Select(pair => new MaskHint("variable", pair.Key))],
            Steps = [.. Leg.Steps.Select(ToStep)],
            Variables = variables,
            Resources = new() { Endpoints = [Connection(organization)], Repositories = [.. Repositories().Select(pair => Repository(pair.Key, pair.Value, organization))] },
        };
    }

    private JobStep ToStep(PipelineStep step, int index) => new()
    {
        Id = Leg.StepIds[index],
        Name = step.Name,
        DisplayName = step.DisplayName,
        Condition = step.Condition ?? "succeeded()",
        ContinueOnError = step.ContinueOnError,
        TimeoutInMinutes = step.TimeoutInMinutes,
        RetryCountOnTaskFailure = step.RetryCountOnTaskFailure,
        Reference = new() { Id = step.TaskId, Name = step.TaskName, Version = step.TaskVersion },
        Inputs = step.Inputs,
        Environment = step.Environment,
        Target = step.Target is not { } target ? null : new()
        {
            Target = target.Container ?? AgentProtocol.StepTarget.Host,
            Commands = target.IsRestricted ? AgentProtocol.StepTarget.Restricted : null,
            SettableVariables = target.SettableVariables,
        },
    };

    private ServiceEndpoint Connection(Uri organization) => new()
    {
        Name = JobResources.SystemConnection,
        Url = $"{organization}/",
        Authorization = new() { Parameters = new Dictionary<string, string> { ["AccessToken"] = AccessToken } },
        Data = new Dictionary<string, string> { ["ServerId"] = $"{Facts.CollectionId}", ["ServerName"] = Facts.Organization },
    };

    /// <summary>The pipeline's own repository, and what the job checks out besides.</summary>
    private IEnumerable<KeyValuePair<string, ServedRepository>> Repositories() => Facts.Request.AllRepositories.Where(pair =>
        pair.Key == RunRequest.Self || CheckedOut(Leg.Steps).Contains(pair.Key, StringComparer.OrdinalIgnoreCase));

    /// <summary>The aliases that checkout steps name.</summary>
    public static IEnumerable<string> CheckedOut(IEnumerable<PipelineStep> steps) => steps
        .Where(step => step.TaskId == TaskReference.Checkout)
        .Select(step => step.Inputs.FirstOrDefault(input => input.Key.Equals("repository", StringComparison.OrdinalIgnoreCase)).Value)
        .OfType<string>();

    private RepositoryResource Repository(string alias, ServedRepository repository, Uri organization)
    {
        var request = Facts.Request;
        var isSelf = alias == RunRequest.Self;
        var text = new Dictionary<string, string>
        {
            ["id"] = $"{Facts.RepositoryIdOf(repository.Name)}",
            ["type"] = "Git",
            ["name"] = repository.Name,
            ["url"] = RunVariables.RepositoryUrl(Facts, repository.Name, organization),
            ["version"] = repository.Version,
            ["ref"] = repository.Ref,
            ["defaultBranch"] = repository.Ref,
            ["project"] = $"{Facts.ProjectId}",
        };
        var properties = text.ToDictionary(
            pair => pair.Key, pair => JsonSerializer.SerializeToElement(pair.Value, ServiceJson.Default.String));
        properties["versionInfo"] = JsonSerializer.SerializeToElement(
            new RepositoryVersion(request.RequestedFor, isSelf ? request.SourceVersionMessage : ""), ServiceJson.Default.RepositoryVersion);
        properties["checkoutOptions"] = JsonSerializer.SerializeToElement([], ServiceJson.Default.DictionaryStringString);
        return new() { Alias = alias, Endpoint = new() { Name = JobResources.SystemConnection }, Properties = properties };
    }
}
