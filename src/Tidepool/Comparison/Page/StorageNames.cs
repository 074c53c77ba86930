namespace Tidepool.Comparison.Page;

/// <summary>What the three kinds of storage are called.</summary>
internal static class StorageNames
{
    public static string Of(string kind) => kind switch
    {
        "bind" => "bind mount",
        "ebs" => "EBS",
        "efs" => "EFS",
        _ => kind,
    };

    /// <summary>The name of a column's storage by its id, or of its kind.</summary>
    public static string Of(ComparisonReport report, string id) =>
        report.Storages.FirstOrDefault(storage => storage.Id == id)?.Name ?? Of(id);
}
