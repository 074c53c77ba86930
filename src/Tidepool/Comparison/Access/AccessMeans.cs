namespace Tidepool.Comparison.Access;

/// <summary>How accesses to files can be seen, the best first.</summary>
internal enum AccessMeans
{
    /// <summary>Those through each container's own mount; takes root.</summary>
    Mounts,

    /// <summary>Those to the files of the volume, whoever has them.</summary>
    Folders,

    /// <summary>Not at all.</summary>
    None,
}
