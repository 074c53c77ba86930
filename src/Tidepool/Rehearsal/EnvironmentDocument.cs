using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.Rehearsal;

/// <summary>
/// Where a served environment is and what a client on this machine needs: <c>environment.json</c> in the environment's folder, which nobody but
/// its owner may read. It is there as long as the environment takes requests.
/// </summary>
public sealed record EnvironmentDocument
{
    /// <summary>The file's name in the environment's folder.</summary>
    public const string FileName = "environment.json";

    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The form's name and version.</summary>
    public string Schema { get; init; } = "tidepool.environment/1";

    /// <summary>The ECS endpoint.</summary>
    public required Uri Ecs { get; init; }

    /// <summary>The organization of the embedded Azure Pipelines service.</summary>
    public required Uri Pipelines { get; init; }

    /// <summary>The organization's one project.</summary>
    public required string Project { get; init; }

    /// <summary>The organization's one pool.</summary>
    public required string Pool { get; init; }

    /// <summary>The name of the AWS Region.</summary>
    public required string Region { get; init; }

    /// <summary>What runs containers, as reports name it.</summary>
    public required string Runtime { get; init; }

    /// <summary>Whether the size of a task's disk is a limit.</summary>
    public bool DiskLimited { get; init; }

    /// <summary>What that leaves out: each a sentence.</summary>
    public IReadOnlyList<string> NotExercised { get; init; } = [];

    /// <summary>
    /// A token of the organization, made for this environment and ending with it; not the one that registers agents, which may be the user's.
    /// </summary>
    public required string Token { get; init; }

    /// <summary>The environment's folder; not in the file, for the file is in it.</summary>
    [JsonIgnore]
    public string Folder { get; init; } = "";

    /// <summary>Writes the file so that no reader sees half of it.</summary>
    /// <exception cref="ProblemException">FARGATE002: there is no room.</exception>
    internal void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var aside = $"{path}.partial";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnersOnly;
        }

        try
        {
            using (var file = new FileStream(aside, options))
            {
                JsonSerializer.Serialize(file, this, EnvironmentJson.Default.EnvironmentDocument);
            }

            File.Move(aside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(
                "FARGATE002", $"The environment's folder {folder} cannot be filled: {e.Message}", "Free space on that disk, or choose another folder.");
        }
    }

    /// <summary>Takes the file away: the environment takes no more requests.</summary>
    internal static void Remove(string folder)
    {
        try
        {
            File.Delete(Path.Combine(folder, FileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder's removal, which follows, says what is wrong.
        }
    }

    /// <summary>Reads the file of an environment's folder; null where there is none that this version understands.</summary>
    internal static EnvironmentDocument? Read(string folder)
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(folder, FileName));
            return JsonSerializer.Deserialize(file, EnvironmentJson.Default.EnvironmentDocument) is { } document ? document with { Folder = folder } : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(EnvironmentDocument))]
internal sealed partial class EnvironmentJson : JsonSerializerContext;
