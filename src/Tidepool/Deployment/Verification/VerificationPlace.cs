using Tidepool.Deployment.Aws;
using Tidepool.Storage.Probes;

namespace Tidepool.Deployment.Verification;

/// <summary>Where probes run: one endpoint of the ECS API with what belongs to it.</summary>
public sealed record VerificationPlace
{
    /// <summary>What reports call it: <c>local</c>, <c>aws</c> or a URL.</summary>
    public required string Name { get; init; }

    /// <summary>The endpoint.</summary>
    public required AwsConnection Connection { get; init; }

    /// <summary>The cluster; null for one of the verification's own.</summary>
    public string? Cluster { get; init; }

    /// <summary><c>sandbox</c> or <c>docker</c>; null where nothing is known of it.</summary>
    public string? Runtime { get; init; }

    /// <summary>What that leaves out of Fargate, one sentence each.</summary>
    public IReadOnlyList<string> NotExercised { get; init; } = [];

    /// <summary>Subnets of the tasks, 1 to 16.</summary>
    public required IReadOnlyList<string> Subnets { get; init; }

    /// <summary>Security groups of the tasks, 5 at most; empty for the VPC's own.</summary>
    public IReadOnlyList<string> SecurityGroups { get; init; } = [];

    /// <summary>Whether tasks get a public address: their way to the registry where there is no NAT gateway.</summary>
    public bool AssignPublicIp { get; init; }

    /// <summary>Reads lines from elsewhere than CloudWatch Logs; null for there.</summary>
    public IProbeLines? Lines { get; init; }

    /// <summary>Who knows of EBS volumes what ECS does not tell; null for nobody.</summary>
    public IProbeVolumes? Volumes { get; init; }

    /// <summary>Time between two looks at a task.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Time that a task may take for one step: to start, to end.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Probes that run at one time.</summary>
    public int Parallel { get; init; } = 6;

    internal object Network => new
    {
        AwsvpcConfiguration = new
        {
            Subnets,
            SecurityGroups = SecurityGroups.Count == 0 ? null : SecurityGroups,
            AssignPublicIp = AssignPublicIp ? "ENABLED" : "DISABLED",
        },
    };
}
