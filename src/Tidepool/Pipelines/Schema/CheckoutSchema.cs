using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>The checkout step.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-checkout and, for addresses in the place of an alias,
/// https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout#inline-syntax-checkout
/// </remarks>
internal static class CheckoutSchema
{
    private const string InlineGit = "git://";

    private static readonly string[] Flags = ["clean", "fetchTags", "persistCredentials", "lfs"];

    private static readonly string[] Texts =
        ["fetchDepth", "fetchFilter", "path", "workspaceRepo", "sparseCheckoutDirectories", "sparseCheckoutPatterns"];

    /// <summary>What a job without a checkout gets.</summary>
    public static PipelineStep Self(SourcePosition position) => new()
    {
        TaskName = KnownTasks.Checkout.Name,
        TaskId = KnownTasks.Checkout.Id,
        TaskVersion = KnownTasks.Checkout.Version,
        Name = "",
        DisplayName = "Checkout self",
        Inputs = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["repository"] = "self" },
        Position = position,
    };

    /// <summary>The step with its inputs; null for <c>none</c> and for what is refused.</summary>
    public static PipelineStep? Read(MappingReader reader, SchemaScope scope)
    {
        var inputs = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["repository"] = "self" };
        foreach (var key in Flags)
        {
            if (reader.FlagOrMacro(key) is { } flag)
            {
                inputs[key] = flag;
            }
        }
        foreach (var key in Texts)
        {
            if (reader.Text(key) is { } text)
            {
                inputs[key] = text;
            }
        }
        if (reader.Scalar("submodules") is { IsNull: false } submodules)
        {
            inputs["submodules"] = submodules.Value == "recursive" ? "recursive" : reader.FlagOrMacro("submodules") ?? "false";
        }
        if (reader.Scalar("checkout") is not { IsNull: false } repository)
        {
            if (reader.Node("checkout") is ScalarNode at)
            {
                scope.Errors.Add(at.Position, "The checkout step does not specify a repository");
            }
            return null;
        }
        if (repository.Value == "none")
        {
            return null;
        }
        if (Alias(repository, scope) is not { } alias)
        {
            scope.Errors.Add(
                repository.Position,
                $"The checkout step references the repository '{repository.Value}' which is not defined by the pipeline");
            return null;
        }
        inputs["repository"] = alias;
        return Self(reader.Position) with { DisplayName = $"Checkout {alias}", Inputs = inputs };
    }

    /// <summary>The alias as the pipeline spells it; an address is its own, and is added to the repositories.</summary>
    private static string? Alias(ScalarNode repository, SchemaScope scope)
    {
        var text = repository.Value;
        if (scope.HasRepository(text))
        {
            return scope.Resources.Repositories.FirstOrDefault(r => GraphNode.Same(r.Alias, text))?.Alias ?? "self";
        }
        if (!text.StartsWith(InlineGit, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? text[InlineGit.Length..] : text[InlineGit.Length..at];
        var branch = at < 0 ? null : text[(at + 1)..];
        scope.AddInline(new RepositoryReference(text, "git", name, branch, null, repository.Position));
        return text;
    }
}
