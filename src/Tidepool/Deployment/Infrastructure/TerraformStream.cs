namespace Tidepool.Deployment.Infrastructure;

/// <summary>What a plan would change, or an apply or a destroy has changed.</summary>
/// <param name="Add">Resources created.</param>
/// <param name="Change">Resources changed in place.</param>
/// <param name="Remove">Resources destroyed.</param>
/// <param name="Resources">Each change: what is done, and the resource's address.</param>
internal sealed record TerraformPlan(int Add, int Change, int Remove, IReadOnlyList<(string Action, string Address)> Resources)
{
    public bool ChangesNothing => Add + Change + Remove == 0;

    /// <summary>In words, of what would be.</summary>
    public string AsPlan() => ChangesNothing ? "nothing to change" : $"{Add} to create, {Change} to change, {Remove} to destroy";

    /// <summary>In words, of what was done.</summary>
    public override string ToString() => ChangesNothing ? "no change" : $"{Add} created, {Change} changed, {Remove} destroyed";
}

/// <summary>Reads the messages of one command as they come.</summary>
internal sealed class TerraformStream(IProgress<DeploymentEvent> progress)
{
    private readonly List<TerraformDiagnostic> _errors = [];
    private readonly List<(string Action, string Address)> _resources = [];
    private readonly List<string> _plain = [];
    private TerraformChanges _changes = new(0, 0, 0, null);

    public TerraformPlan Plan => new(_changes.Add, _changes.Change, _changes.Remove, _resources);

    public void Read(string line)
    {
        if (TerraformMessage.Read(line) is not { } message)
        {
            _plain.Add(line);
            progress.Report(new Detail(line));
            return;
        }

        switch (message)
        {
            case { Type: "planned_change", Change: { Resource: { } resource, Action: { } action } } when action != "noop" && !resource.IsData:
                _resources.Add((action, resource.Address));
                break;
            case { Type: "change_summary", Changes: { } changes }:
                _changes = changes;
                break;
            case { Type: "apply_start", Hook.Resource: { } resource } when !resource.IsData:
                Report(message.Hook!, resource, done: false);
                break;
            case { Type: "apply_progress", Hook.Resource: { } resource } when !resource.IsData:
                Report(message.Hook!, resource, done: false);
                break;
            case { Type: "apply_complete", Hook.Resource: { } resource } when !resource.IsData:
                Report(message.Hook!, resource, done: true);
                break;
            case { Type: "diagnostic", Diagnostic: { Severity: "error" } error }:
                _errors.Add(error);
                break;
            case { Type: "state_lock_acquire" or "diagnostic", Text: { } text }:
                progress.Report(new Detail(text));
                break;
        }
    }

    /// <summary>All errors, each once, the one to mend first first.</summary>
    public IReadOnlyList<Problem> Problems(string command)
    {
        // One cause can break many resources; a refused login or quota says more than what followed from it.
        Problem[] problems = [.. _errors.Select(TerraformProblem.Of).DistinctBy(problem => (problem.Code, problem.What)).OrderBy(problem => problem.Code, StringComparer.Ordinal)];
        return problems.Length > 0 ? problems : [TerraformProblem.Of(_plain, command)];
    }

    private void Report(TerraformHook hook, TerraformResource resource, bool done) =>
        progress.Report(new ResourceSeen(resource.Address, Verb(hook.Action, done), hook.ElapsedSeconds ?? 0, done));

    private static string Verb(string? action, bool done) => (action, done) switch
    {
        ("create", true) => "created",
        ("create", false) => "creating",
        ("update", true) => "changed",
        ("update", false) => "changing",
        ("delete", true) => "destroyed",
        ("delete", false) => "destroying",
        (_, true) => "done",
        _ => "working",
    };
}
