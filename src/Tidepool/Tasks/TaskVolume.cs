namespace Tidepool.Tasks;

/// <summary>A volume of a task definition; with nothing but a name it is a bind mount on the task's disk.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Volume.html</remarks>
public sealed record TaskVolume
{
    /// <summary>Up to 255 letters, digits, underscores and hyphens.</summary>
    public string Name { get; init; } = "";

    /// <summary>Null or empty on Fargate.</summary>
    public HostVolume? Host { get; init; }

    /// <summary>Whether the volume is an EBS volume that RunTask or the service configures.</summary>
    public bool? ConfiguredAtLaunch { get; init; }

    /// <summary>Refused on Fargate.</summary>
    public DockerVolume? DockerVolumeConfiguration { get; init; }

    /// <summary>An EFS file system.</summary>
    public EfsVolume? EfsVolumeConfiguration { get; init; }

    /// <summary>Refused on Fargate for Linux.</summary>
    public FsxWindowsVolume? FsxWindowsFileServerVolumeConfiguration { get; init; }

    /// <summary>An S3 Files file system.</summary>
    public S3FilesVolume? S3filesVolumeConfiguration { get; init; }

    /// <summary>Whether this is a bind mount on the task's own disk.</summary>
    internal bool IsBind => ConfiguredAtLaunch is not true
        && DockerVolumeConfiguration is null && EfsVolumeConfiguration is null
        && FsxWindowsFileServerVolumeConfiguration is null && S3filesVolumeConfiguration is null;
}

/// <summary>A path of the host.</summary>
public sealed record HostVolume(string? SourcePath = null);

/// <summary>A volume of the Docker engine.</summary>
public sealed record DockerVolume(
    string? Scope = null,
    bool? Autoprovision = null,
    string? Driver = null,
    IReadOnlyDictionary<string, string>? DriverOpts = null,
    IReadOnlyDictionary<string, string>? Labels = null);

/// <summary>An EFS file system.</summary>
public sealed record EfsVolume(
    string FileSystemId,
    string? RootDirectory = null,
    string? TransitEncryption = null,
    int? TransitEncryptionPort = null,
    EfsAuthorization? AuthorizationConfig = null);

/// <summary>Access point and role of an EFS volume.</summary>
public sealed record EfsAuthorization(string? AccessPointId = null, string? Iam = null);

/// <summary>An FSx for Windows file system.</summary>
public sealed record FsxWindowsVolume(string FileSystemId, string RootDirectory, FsxWindowsAuthorization? AuthorizationConfig = null);

/// <summary>Credentials and domain of an FSx for Windows volume.</summary>
public sealed record FsxWindowsAuthorization(string CredentialsParameter, string Domain);

/// <summary>An S3 Files file system.</summary>
public sealed record S3FilesVolume(
    string FileSystemArn, string? RootDirectory = null, int? TransitEncryptionPort = null, string? AccessPointArn = null);
