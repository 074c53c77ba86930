namespace Tidepool.Tasks;

/// <summary>The error types of the ECS API that Tidepool answers with.</summary>
public enum EcsErrorType
{
    /// <summary>The request itself is wrong; HTTP 400.</summary>
    ClientException,

    /// <summary>A parameter does not fit the resource it is used with; HTTP 400.</summary>
    InvalidParameterException,

    /// <summary>No such cluster; HTTP 400.</summary>
    ClusterNotFoundException,

    /// <summary>No such service; HTTP 400.</summary>
    ServiceNotFoundException,

    /// <summary>The service was deleted; HTTP 400.</summary>
    ServiceNotActiveException,
}

/// <summary>A refusal as the ECS API words it.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html</remarks>
public sealed class EcsException(EcsErrorType type, string message) : Exception(message)
{
    /// <summary>The type that the API puts in front of the message.</summary>
    public EcsErrorType Type { get; } = type;
}
