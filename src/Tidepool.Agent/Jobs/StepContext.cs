using Tidepool.Agent.Commands;
using Tidepool.Agent.Reports;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>What one step runs with.</summary>
internal sealed class StepContext
{
    public required JobStep Step { get; init; }
    public required StepRecord Record { get; init; }
    public required StepOutput Output { get; init; }

    /// <summary>The job's variables as the step found them.</summary>
    public required VariableSnapshot Variables { get; init; }

    /// <summary>Macros filled in, ends trimmed; names ignore case.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>All that the step's processes start with.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>What tasks keep for their own other phases; the same for a step's pre-job and post-job parts.</summary>
    public required JobVariables TaskVariables { get; init; }

    /// <summary>What its logging commands may do.</summary>
    public required CommandPolicy Policy { get; init; }

    /// <summary>What ends with the step: uploads that its commands began.</summary>
    public StepBackground Background { get; } = new();

    /// <summary>Names that its task declares as outputs: set plainly, they are outputs.</summary>
    public IReadOnlySet<string> DeclaredOutputs { get; init; } = new HashSet<string>();

    /// <summary>The step must end now.</summary>
    public required CancellationToken Stop { get; init; }

    /// <summary>Whether the job runs with system.debug.</summary>
    public required bool IsDebugging { get; init; }

    /// <summary>Null where the step gives none, or an empty one.</summary>
    public string? Input(string name) => Inputs.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    public bool IsTrue(string input) => string.Equals(Input(input), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Why no program can be started with what the step says; null where it can.</summary>
    public string? Obstacle()
    {
        var input = Inputs.FirstOrDefault(input => input.Value.Contains('\0')).Key;
        var variable = Environment.FirstOrDefault(variable => variable.Key.Contains('\0') || variable.Value.Contains('\0')).Key;
        return (input, variable) switch
        {
            ({ } name, _) => $"The input '{name}' contains a null character.",
            (_, { } name) => $"The environment variable '{name.Replace("\0", "", StringComparison.Ordinal)}' contains a null character.",
            _ => null,
        };
    }

    public void Debug(string text)
    {
        if (IsDebugging)
        {
            Output.Write($"##[debug]{text}");
        }
    }

    /// <summary>The step failed, with that error.</summary>
    public JobStatus Fail(string text)
    {
        Output.Error(text);
        return JobStatus.Failed;
    }
}
