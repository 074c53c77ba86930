using Microsoft.AspNetCore.Http;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Who sent a request, and so what it may touch.</summary>
internal abstract record Caller
{
    private Caller()
    {
    }

    /// <summary>The holder of the personal access token: everything.</summary>
    public sealed record Owner : Caller;

    /// <summary>A registered agent: its own session, messages and jobs.</summary>
    public sealed record Agent(int AgentId) : Caller;

    /// <summary>A running job: its own plan, and the repository.</summary>
    public sealed record Job(Guid PlanId, Guid JobId) : Caller;
}

internal static class CallerExtensions
{
    public static Caller Caller(this HttpContext http) => (Caller)http.Items[typeof(Caller)]!;

    /// <summary>Refuses jobs, and agents but for the one named.</summary>
    public static void MustBeAgent(this HttpContext http, int agentId)
    {
        if (http.Caller() is not Api.Caller.Owner && http.Caller() != new Caller.Agent(agentId))
        {
            throw Refusal.AccessDenied($"This token is not that of agent {agentId}.");
        }
    }

    /// <summary>Refuses jobs.</summary>
    public static void MustNotBeJob(this HttpContext http)
    {
        if (http.Caller() is Api.Caller.Job)
        {
            throw Refusal.AccessDenied("A job's token does not reach the agent pool.");
        }
    }

    /// <summary>Refuses agents, which have no business with what runs are made of.</summary>
    public static void MustNotBeAgent(this HttpContext http)
    {
        if (http.Caller() is Api.Caller.Agent)
        {
            throw Refusal.AccessDenied("An agent's token does not reach runs.");
        }
    }

    /// <summary>Refuses all but the personal access token.</summary>
    public static void MustBeOwner(this HttpContext http)
    {
        if (http.Caller() is not Api.Caller.Owner)
        {
            throw Refusal.AccessDenied("This needs the personal access token.");
        }
    }

    /// <summary>Refuses jobs of other plans.</summary>
    public static void MustReachPlan(this HttpContext http, Guid planId)
    {
        if (http.Caller() is Api.Caller.Job job && job.PlanId != planId)
        {
            throw Refusal.AccessDenied($"This job's token does not reach plan {planId}.");
        }
    }
}
