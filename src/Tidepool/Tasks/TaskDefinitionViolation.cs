namespace Tidepool.Tasks;

/// <summary>One reason for which RegisterTaskDefinition refuses a task definition.</summary>
/// <param name="Code">Tidepool's code, listed in <c>docs/problems.md</c>.</param>
/// <param name="Path">JSON path of the field.</param>
/// <param name="Message">The refusal in the API's words where they are known.</param>
/// <param name="Mend">The one next action.</param>
public sealed record TaskDefinitionViolation(string Code, string Path, string Message, string Mend)
{
    /// <summary>What the API throws for it.</summary>
    public EcsException ToEcsException() => new(EcsErrorType.ClientException, Message);

    /// <summary>What the command line shows for it.</summary>
    public Problem ToProblem() => new(Code, $"{Path}: {Message}", Mend);
}
