using System.Text.Json;
using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Tasks;

/// <summary>A task's <c>task.json</c>, as far as it says how to run the task. Names in it ignore case.</summary>
/// <remarks>Source: https://github.com/microsoft/azure-pipelines-tasks/blob/master/tasks.schema.json</remarks>
internal sealed class TaskDefinition
{
    private static readonly JsonDocumentOptions Loose = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly Dictionary<TaskPhase, IReadOnlyList<TaskHandler>> _handlers = [];

    public string FriendlyName { get; private init; } = "";
    public string Description { get; private init; } = "";
    public string Author { get; private init; } = "";
    public string Help { get; private init; } = "";
    public IReadOnlyList<TaskInput> Inputs { get; private init; } = [];

    /// <summary>Names of the variables that the task sets as outputs.</summary>
    public IReadOnlySet<string> Outputs { get; private init; } = new HashSet<string>();

    /// <summary>What the task denies itself; null for nothing.</summary>
    public StepTarget? Restrictions { get; private init; }

    /// <summary>The programs of a phase; null where the task does nothing then.</summary>
    public IReadOnlyList<TaskHandler>? Of(TaskPhase phase) => _handlers.GetValueOrDefault(phase);

    /// <exception cref="TaskException">The text is not a task's definition.</exception>
    public static TaskDefinition Read(byte[] json)
    {
        try
        {
            // A byte order mark stands before many of them.
            var text = json.AsMemory(json.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0);
            using var document = JsonDocument.Parse(text, Loose);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new TaskException($"The task's task.json could not be read: {e.Message}");
        }
    }

    private static TaskDefinition Read(JsonElement root)
    {
        var definition = new TaskDefinition
        {
            FriendlyName = Text(root, "friendlyName"),
            Description = Text(root, "description"),
            Author = Text(root, "author"),
            Help = Text(root, "helpUrl") is { Length: > 0 } url ? url : Text(root, "helpMarkDown"),
            Inputs = [.. List(root, "inputs").Select(input => new TaskInput(Text(input, "name").Trim(), Text(input, "type"), Text(input, "defaultValue").Trim()))
                .Where(input => input.Name.Length > 0)],
            Outputs = List(root, "outputVariables").Select(output => Text(output, "name")).Where(name => name.Length > 0)
                .ToHashSet(StringComparer.OrdinalIgnoreCase),
            Restrictions = ReadRestrictions(root),
        };
        foreach (var (phase, name) in ((TaskPhase, string)[])
            [(TaskPhase.PreJob, "prejobexecution"), (TaskPhase.Main, "execution"), (TaskPhase.PostJob, "postjobexecution")])
        {
            if (Find(root, name) is { ValueKind: JsonValueKind.Object } execution)
            {
                definition._handlers[phase] = [.. execution.EnumerateObject().Where(handler => handler.Value.ValueKind == JsonValueKind.Object)
                    .Select(handler => new TaskHandler(handler.Name, Text(handler.Value, "target"), Text(handler.Value, "workingDirectory")))];
            }
        }
        return definition;
    }

    private static StepTarget? ReadRestrictions(JsonElement root) => Find(root, "restrictions") is { ValueKind: JsonValueKind.Object } restrictions
        ? new()
        {
            Commands = Find(restrictions, "commands") is { ValueKind: JsonValueKind.Object } commands ? Text(commands, "mode") : null,
            SettableVariables = Find(restrictions, "settableVariables") is { ValueKind: JsonValueKind.Object } variables
                ? [.. List(variables, "allowed").Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!)]
                : null,
        }
        : null;

    private static JsonElement? Find(JsonElement owner, string name)
    {
        if (owner.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        foreach (var property in owner.EnumerateObject())
        {
            if (string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }
        return null;
    }

    private static IEnumerable<JsonElement> List(JsonElement owner, string name) =>
        Find(owner, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>Also numbers and truth values, which defaults may be.</summary>
    private static string Text(JsonElement owner, string name) => Find(owner, name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.True } => "true",
        { ValueKind: JsonValueKind.False } => "false",
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => "",
    };
}

/// <summary>An input of a task.</summary>
/// <param name="Type"><c>string</c>, <c>filePath</c>, <c>connectedService:…</c>, <c>secureFile</c> and others.</param>
internal sealed record TaskInput(string Name, string Type, string Default)
{
    public bool IsFilePath => string.Equals(Type, "filePath", StringComparison.OrdinalIgnoreCase);
    public bool IsServiceConnection => Type.StartsWith("connectedService:", StringComparison.OrdinalIgnoreCase);
    public bool IsSecureFile => string.Equals(Type, "secureFile", StringComparison.OrdinalIgnoreCase);
}

/// <summary>One of the ways in which a task can be run.</summary>
/// <param name="Name"><c>Node20_1</c>, <c>PowerShell3</c> and others.</param>
/// <param name="Target">The program, in the task's folder.</param>
internal sealed record TaskHandler(string Name, string Target, string WorkingDirectory)
{
    /// <summary>Newest first. All run with the one Node that is there.</summary>
    private static readonly string[] Node = ["Node24", "Node22", "Node20_1", "Node20", "Node16", "Node10", "Node"];

    /// <summary>The best that can be run here; null where there is none.</summary>
    public static TaskHandler? Best(IReadOnlyList<TaskHandler> handlers) => handlers
        .Where(handler => Rank(handler) >= 0).MinBy(Rank);

    private static int Rank(TaskHandler handler) =>
        Array.FindIndex(Node, name => string.Equals(name, handler.Name, StringComparison.OrdinalIgnoreCase));
}
