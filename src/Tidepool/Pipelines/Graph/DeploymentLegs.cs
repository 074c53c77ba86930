using System.Globalization;

namespace Tidepool.Pipelines.Graph;

/// <summary>The legs of a deployment job: one for each hook, in the order in which they run.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs, also for the names in outputs' keys:
/// the job's own name when there is only <c>deploy</c>, <c>Deploy_RESOURCE</c> with a resource, <c>HOOK_INCREMENT</c> for canary.
/// Inferred: hooks have their own names as soon as there are others than <c>deploy</c>; where these are only <c>on.success</c> and
/// <c>on.failure</c>, which no document shows, both names of <c>deploy</c> hold. The values of <c>Strategy.CycleName</c> are
/// documented, which hook has which is inferred. A rolling deployment goes over the virtual machines of an environment; here it has one target.
/// </remarks>
internal static class DeploymentLegs
{
    public static JobExpansion Of(PipelineJob job)
    {
        var deployment = job.Deployment!;
        List<JobLeg> legs = [.. Of(deployment, HookKind.PreDeploy).Select(hook => Leg(job, hook, increment: null))];
        HookKind[] iteration = [HookKind.Deploy, HookKind.RouteTraffic, HookKind.PostRouteTraffic];
        int?[] rounds = deployment.Strategy == DeploymentStrategy.Canary && deployment.Increments.Count > 0
            ? [.. deployment.Increments.Select(increment => (int?)increment)]
            : [null];
        legs.AddRange(rounds.SelectMany(round => iteration.SelectMany(kind => Of(deployment, kind).Select(hook => Leg(job, hook, round)))));
        legs.AddRange(Of(deployment, HookKind.OnFailure).Concat(Of(deployment, HookKind.OnSuccess)).Select(hook => Leg(job, hook, increment: null)));
        return legs.Count == 0 ? JobExpansion.One : new JobExpansion(legs, InTurn: true);
    }

    private static IEnumerable<DeploymentHook> Of(Deployment deployment, HookKind kind) => deployment.Hooks.Where(hook => hook.Kind == kind);

    private static JobLeg Leg(PipelineJob job, DeploymentHook hook, int? increment)
    {
        var deployment = job.Deployment!;
        var resource = deployment.Environment?.ResourceName;
        var suffix = increment?.ToString(CultureInfo.InvariantCulture) ?? resource;
        var own = suffix is null ? Word(hook.Kind) : $"{Word(hook.Kind)}_{suffix}";
        var others = deployment.Hooks.Where(other => other.Kind != HookKind.Deploy).Select(other => other.Kind).ToList();
        var isNamedByJob = hook.Kind == HookKind.Deploy && suffix is null && deployment.Strategy == DeploymentStrategy.RunOnce
            && others.All(kind => kind is HookKind.OnFailure or HookKind.OnSuccess);
        return new JobLeg
        {
            Name = isNamedByJob && others.Count == 0 ? job.Name : own,
            DisplaySuffix = isNamedByJob && others.Count == 0 ? null : own,
            OutputPrefixes = !isNamedByJob ? [own] : others.Count == 0 ? [job.Name] : [job.Name, own],
            Hook = hook,
            SystemVariables = Variables(deployment, hook.Kind, increment),
        };
    }

    private static string Word(HookKind kind) => kind switch
    {
        HookKind.PreDeploy => "PreDeploy",
        HookKind.Deploy => "Deploy",
        HookKind.RouteTraffic => "RouteTraffic",
        HookKind.PostRouteTraffic => "PostRouteTraffic",
        HookKind.OnFailure => "OnFailure",
        HookKind.OnSuccess => "OnSuccess",
        _ => throw new InvalidOperationException($"Unhandled {nameof(HookKind)} {kind}."),
    };

    private static Dictionary<string, string> Variables(Deployment deployment, HookKind kind, int? increment)
    {
        var variables = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["strategy.name"] = deployment.Strategy switch
            {
                DeploymentStrategy.RunOnce => "runOnce",
                DeploymentStrategy.Rolling => "rolling",
                DeploymentStrategy.Canary => "canary",
                _ => throw new InvalidOperationException($"Unhandled {nameof(DeploymentStrategy)} {deployment.Strategy}."),
            },
            ["strategy.cycleName"] = kind switch
            {
                HookKind.PreDeploy => "PreIteration",
                HookKind.OnFailure or HookKind.OnSuccess => "PostIteration",
                _ => "Iteration",
            },
        };
        if (deployment.Strategy == DeploymentStrategy.Canary)
        {
            variables["strategy.action"] = kind switch { HookKind.OnSuccess => "promote", HookKind.OnFailure => "reject", _ => "deploy" };
            if (increment is { } percent)
            {
                variables["strategy.increment"] = percent.ToString(CultureInfo.InvariantCulture);
            }
        }
        if (deployment.Environment is { } environment)
        {
            variables["environment.name"] = environment.Name;
            // No environment is registered here; every name is the first of its kind.
            variables["environment.id"] = "1";
            if (environment.ResourceName is { } resource)
            {
                variables["environment.resourceName"] = resource;
                variables["environment.resourceId"] = environment.ResourceId ?? "1";
            }
        }
        return variables;
    }
}
