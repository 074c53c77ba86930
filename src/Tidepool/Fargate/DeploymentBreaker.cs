namespace Tidepool.Fargate;

/// <summary>The circuit breaker of deployments: gives one up whose tasks fail, and goes back to the last one that was completed. Pure.</summary>
/// <remarks>
/// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html. The texts are those that users report;
/// that the service goes back to the very deployment of before, under its old id, is reported too.
/// </remarks>
internal static class DeploymentBreaker
{
    private const int LeastThreshold = 3;
    private const int MostThreshold = 200;
    private static readonly FailureThreshold Ordinary = new("BOUNDED_PERCENT", 50);

    /// <summary>Failures at which a deployment is given up.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ThresholdConfiguration.html; rounding up is inferred for all but the ordinary one.</remarks>
    public static int Threshold(DeploymentCircuitBreaker breaker, int desiredCount)
    {
        var threshold = breaker.ThresholdConfiguration ?? Ordinary;
        var share = (int)Math.Ceiling(desiredCount * (threshold.Value / 100.0));
        return threshold.Type switch
        {
            "COUNT" => threshold.Value,
            "UNBOUNDED_PERCENT" => Math.Max(1, share),
            _ => Math.Clamp(share, LeastThreshold, MostThreshold),
        };
    }

    /// <summary>The service as it was, or with its deployment given up.</summary>
    public static ServiceState Look(ServiceState service, DateTimeOffset now)
    {
        var breaker = service.Service.DeploymentConfiguration.DeploymentCircuitBreaker;
        if (breaker is not { Enable: true }
            || !service.IsActive
            || service.Primary is not { RolloutState: EcsRolloutState.InProgress } primary
            || primary.FailedTasks < Threshold(breaker, service.Service.DesiredCount))
        {
            return service;
        }

        var failed = primary with
        {
            RolloutState = EcsRolloutState.Failed,
            RolloutStateReason = "ECS deployment circuit breaker: tasks failed to start.",
            UpdatedAt = now,
        };
        var stalled = (service with { Service = service.Service with { Deployments = [failed, .. service.Service.Deployments.Skip(1)] } })
            .WithEvent($"(deployment {failed.Id}) deployment failed: tasks failed to start.", now);
        return breaker.Rollback && service.LastCompleted is { } completed ? RollBack(stalled, failed, completed, now) : stalled;
    }

    // While it goes back, that deployment is none that was completed; if it fails too, there is nowhere to go back to.
    private static ServiceState RollBack(ServiceState service, EcsDeployment failed, EcsDeployment completed, DateTimeOffset now) =>
        (service with
        {
            Failures = 0,
            StartNotBefore = default,
            IsSteady = false,
            LastCompleted = null,
            KnownHealthy = [],
            Service = service.Service with
            {
                TaskDefinition = completed.TaskDefinition,
                NetworkConfiguration = completed.NetworkConfiguration,
                Deployments =
                [
                    completed with
                    {
                        Status = "PRIMARY",
                        DesiredCount = service.Service.DesiredCount,
                        FailedTasks = 0,
                        RolloutState = EcsRolloutState.InProgress,
                        RolloutStateReason = $"ECS deployment circuit breaker: rolling back to deploymentId {completed.Id}.",
                        UpdatedAt = now,
                    },
                    failed with { Status = "ACTIVE" },
                    .. service.Service.Deployments.Where(other => other.Id != failed.Id && other.Id != completed.Id),
                ],
            },
        }).WithEvent($"rolling back to deployment {completed.Id}.", now);
}
