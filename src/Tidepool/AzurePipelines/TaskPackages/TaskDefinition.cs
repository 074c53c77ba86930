using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Api;
using Tidepool.Pipelines;

namespace Tidepool.AzurePipelines.TaskPackages;

/// <summary>A task as its <c>task.json</c> describes it and as lists name it.</summary>
internal sealed record TaskDefinition(Guid Id, string Name, string? FriendlyName, TaskVersion Version)
{
    // A task.json is written by people.
    private const int LargestFile = 1024 * 1024;

    public IReadOnlyList<TaskInputDefinition>? Inputs { get; init; }
    public IReadOnlyList<string>? Demands { get; init; }

    /// <summary>Agent, DeploymentGroup, Server and others; none means agents.</summary>
    public IReadOnlyList<string>? RunsOn { get; init; }
    public string? MinimumAgentVersion { get; init; }
    public bool? Deprecated { get; init; }

    /// <summary>By handler, <c>Node20_1</c> for example: what the agent runs.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Execution { get; init; }

    /// <summary>Reads the <c>task.json</c> at a zip's root.</summary>
    /// <exception cref="InvalidDataException">There is none, or it describes no task.</exception>
    public static TaskDefinition Of(ZipArchive zip)
    {
        var entry = zip.GetEntry(TaskPackage.Definition) ?? throw new InvalidDataException($"It has no {TaskPackage.Definition} at its root.");
        if (entry.Length > LargestFile)
        {
            throw new InvalidDataException($"Its {TaskPackage.Definition} has {entry.Length} bytes.");
        }

        try
        {
            using var text = entry.Open();
            using var reader = new StreamReader(text);
            return JsonSerializer.Deserialize(reader.ReadToEnd(), ServiceJson.Default.TaskDefinition) is { Id: var id, Name.Length: > 0, Version: not null } task && id != Guid.Empty
                ? task
                : throw new InvalidDataException($"Its {TaskPackage.Definition} has no id, name or version.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"Its {TaskPackage.Definition} is not readable: {e.Message}", e);
        }
    }

    public PipelineTask ToTask() => new()
    {
        Id = Id,
        Name = Name,
        Version = Version.ToString(),
        FriendlyName = FriendlyName ?? Name,
        Demands = Demands ?? [],
        MinimumAgentVersion = MinimumAgentVersion,
        Inputs = [.. (Inputs ?? []).Select(input => new TaskInput(input.Name, input.Aliases ?? [], input.DefaultText, IsRequired: input.IsRequired))],
        RunsOnServer = RunsOn is { Count: > 0 } places && places.All(place => place.StartsWith("Server", StringComparison.OrdinalIgnoreCase)),
    };
}

internal sealed record TaskVersion(int Major, int Minor, int Patch)
{
    public bool IsTest { get; init; }

    public override string ToString() => $"{Major}.{Minor}.{Patch}";

    /// <summary>Whether it is one that a step asks for with <c>2</c>, <c>2.1</c> or <c>2.1.3</c>.</summary>
    public bool IsAsked(string wanted) => $"{this}.".StartsWith($"{wanted}.", StringComparison.Ordinal);
}

internal sealed record TaskInputDefinition
{
    public required string Name { get; init; }
    public IReadOnlyList<string>? Aliases { get; init; }
    public string? Type { get; init; }
    public string? Label { get; init; }

    /// <summary>A text, a number or a truth value.</summary>
    public JsonElement? DefaultValue { get; init; }
    public JsonElement? Required { get; init; }
    public string? VisibleRule { get; init; }

    [JsonIgnore]
    public string? DefaultText => DefaultValue is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value
        ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()
        : null;

    /// <summary>One that is only needed where another input says so is not.</summary>
    [JsonIgnore]
    public bool IsRequired => VisibleRule is null && DefaultText is null or "" && Required is { } required
        && (required.ValueKind == JsonValueKind.True || (required.ValueKind == JsonValueKind.String && bool.TryParse(required.GetString(), out var yes) && yes));
}
