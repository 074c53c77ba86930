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

    /// <summary>A cluster with services is not deleted; HTTP 400.</summary>
    ClusterContainsServicesException,

    /// <summary>A cluster with tasks is not deleted; HTTP 400.</summary>
    ClusterContainsTasksException,

    /// <summary>A client token was used for another request; HTTP 400.</summary>
    ConflictException,

    /// <summary>No such platform version; HTTP 400.</summary>
    PlatformUnknownException,

    /// <summary>The request's JSON cannot be read; HTTP 400.</summary>
    SerializationException,

    /// <summary>No such operation; HTTP 400.</summary>
    UnknownOperationException,
}

/// <summary>A refusal as the ECS API words it.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html</remarks>
public sealed class EcsException(EcsErrorType type, string message) : Exception(message)
{
    /// <summary>The type that the API puts in front of the message.</summary>
    public EcsErrorType Type { get; } = type;
}
