using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>The files that a pipeline is made of, each read once.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/process/templates#references-paths. The text about other repositories is the
/// service's (https://github.com/microsoft/azure-pipelines-yaml/issues/409); those about unknown aliases and the number of files are inferred,
/// and so is what a name with the alias of its own repository means: beside the file that says it, and else from the root on.
/// </remarks>
internal sealed class TemplateFiles(IPipelineFiles files, ParsedTexts texts, PipelineErrors errors)
{
    private readonly Dictionary<TemplatePath, YamlNode?> _read = [];
    private readonly HashSet<string> _aliases = new(StringComparer.OrdinalIgnoreCase) { TemplatePath.Self };

    /// <summary>The pipeline's own file; null, and an error, when it is missing or not YAML.</summary>
    public YamlNode? LoadRoot(TemplatePath file) => Load(file, null);

    /// <summary>Takes the aliases of repositories from the value of <c>resources</c>.</summary>
    public void AddRepositories(YamlNode resources)
    {
        if (resources is MappingNode mapping && mapping["repositories"] is SequenceNode { Items: var items })
        {
            _aliases.UnionWith(items.OfType<MappingNode>().Select(m => m["repository"]).OfType<ScalarNode>().Select(s => s.Value));
        }
    }

    /// <summary>Finds the file that a <c>template:</c> means.</summary>
    /// <param name="reference">As written: <c>path@alias</c>.</param>
    /// <param name="from">The file that says it.</param>
    /// <param name="at">Where it says it.</param>
    /// <param name="file">The file.</param>
    /// <returns>Its document; null, and an error, when there is none.</returns>
    /// <exception cref="CompileLimitException">There are too many files.</exception>
    public YamlNode? Find(string reference, TemplatePath from, SourcePosition at, out TemplatePath file)
    {
        var sign = reference.LastIndexOf('@');
        var (written, alias) = sign < 0 ? (reference, from.Repository) : (reference[..sign], reference[(sign + 1)..]);
        file = from;
        var isSame = Same(alias, from.Repository);
        if (!isSame && !Same(alias, TemplatePath.Self) && from.Repository != TemplatePath.Self)
        {
            errors.Add(at, "Templates in other repositories may not specify a repository source when referencing another template. "
                + $"The template reference '{reference}' is not allowed.");
            return null;
        }
        if (!_aliases.TryGetValue(alias, out var repository))
        {
            errors.Add(at, $"The template reference '{reference}' names the repository '{alias}', which is not defined by the pipeline");
            return null;
        }
        var rooted = Path(repository, "/", written);
        var found = isSame ? Path(repository, FolderOf(from.Path), written) : rooted;
        if (isSame && sign >= 0 && rooted is not null && found != rooted && (found is null || !Exists(found)))
        {
            found = rooted;
        }
        if (found is null)
        {
            errors.Add(at, $"File {written} not found in {files.Describe(repository)}.");
            return null;
        }
        file = found;
        return Load(file, at);
    }

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static string FolderOf(string path) => path[..(path.LastIndexOf('/') + 1)];

    /// <summary>Null when the path leaves the repository.</summary>
    private static TemplatePath? Path(string repository, string folder, string written)
    {
        var path = written.Trim().Replace('\\', '/');
        List<string> parts = [];
        foreach (var part in (path.StartsWith('/') ? path : folder + path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (part)
            {
                case ".":
                    break;
                case ".." when parts.Count == 0:
                    return null;
                case "..":
                    parts.RemoveAt(parts.Count - 1);
                    break;
                default:
                    parts.Add(part);
                    break;
            }
        }
        return parts.Count == 0 ? null : new TemplatePath(repository, "/" + string.Join('/', parts));
    }

    private bool Exists(TemplatePath file) => _read.ContainsKey(file) || files.Read(file.Repository, file.Path) is not null;

    private YamlNode? Load(TemplatePath file, SourcePosition? at)
    {
        if (_read.TryGetValue(file, out var known))
        {
            return known;
        }
        if (at is { } position && _read.Count > CompileLimits.MostFiles)
        {
            throw new CompileLimitException(position, $"The YAML file count exceeds the maximum of {CompileLimits.MostFiles}.");
        }
        YamlNode? root = null;
        if (files.Read(file.Repository, file.Path) is not { } text)
        {
            errors.Add(at, $"File {file.Path} not found in {files.Describe(file.Repository)}.");
        }
        else
        {
            root = YamlReader.Read(file.ToString(), text, errors);
            if (root is not null)
            {
                new SyntaxCheck(texts, errors).Check(root);
            }
        }
        _read[file] = root;
        return root;
    }
}
