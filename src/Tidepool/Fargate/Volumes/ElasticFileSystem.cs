namespace Tidepool.Fargate.Volumes;

/// <summary>An EFS file system.</summary>
/// <param name="Id">As in <c>fs-0123456789abcdef0</c>.</param>
/// <param name="Name">What its maker calls it; null for nothing.</param>
/// <param name="CreatedAt">When it was made, or first seen here.</param>
/// <param name="IsLocal">Whether it was made here; else an emulator behind this one has it, and here are its files.</param>
/// <remarks>Source: https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html</remarks>
public sealed record ElasticFileSystem(string Id, string? Name, DateTimeOffset CreatedAt, bool IsLocal);

/// <summary>An access point of an EFS file system.</summary>
/// <param name="Id">As in <c>fsap-0123456789abcdef0</c>.</param>
/// <param name="FileSystemId">Whose it is.</param>
/// <param name="Path">The folder of the file system that it shows as the whole.</param>
/// <param name="User">Whom it makes of everyone; null to leave users as they are.</param>
/// <param name="Creation">Owner and mode of the folder if it has to be made; null to make none.</param>
/// <remarks>Source: https://docs.aws.amazon.com/efs/latest/ug/API_AccessPointDescription.html</remarks>
public sealed record AccessPoint(string Id, string FileSystemId, string Path, AccessPointUser? User, AccessPointCreation? Creation);

/// <summary>Whom an access point makes of every user: EFS does all that is asked through it as this one.</summary>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Group id.</param>
/// <param name="SecondaryGids">Up to 16 more groups.</param>
/// <remarks>Source: https://docs.aws.amazon.com/efs/latest/ug/API_PosixUser.html</remarks>
public sealed record AccessPointUser(uint Uid, uint Gid, IReadOnlyList<uint> SecondaryGids);

/// <summary>Owner and mode of the folder that an access point makes when it is missing.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/efs/latest/ug/API_CreationInfo.html</remarks>
public sealed record AccessPointCreation(uint OwnerUid, uint OwnerGid, UnixFileMode Permissions);

/// <summary>A file system with those of its access points that were made here.</summary>
public sealed record StoredFileSystem(ElasticFileSystem FileSystem, IReadOnlyList<AccessPoint> AccessPoints);
