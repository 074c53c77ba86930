using Tidepool.Pipelines;
using Tidepool.Pipelines.Lint;

namespace Tidepool.Rehearsal;

/// <summary>Looks for traps in a pipeline's file on this machine.</summary>
public static class LocalLint
{
    /// <summary>Its findings, and the folder that their files' paths begin at.</summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <param name="parameters">Values of its parameters.</param>
    /// <param name="variables">Variables that are known before a run.</param>
    /// <param name="repositories">Folders of other repositories, by their alias.</param>
    /// <param name="groups">Variable groups by name. None: every group is taken to be there, its variables unknown.</param>
    /// <param name="options">What is assumed of the agents.</param>
    /// <exception cref="ProblemException">
    /// REHEARSAL004, REHEARSAL005: there is no such file, or it cannot be read. EXPAND001: a repository's folder is none. PIPELINE004: a file is
    /// too large.
    /// </exception>
    public static (LintReport Report, string Root) Inspect(
        string path,
        IReadOnlyDictionary<string, string> parameters,
        IReadOnlyDictionary<string, string> variables,
        IReadOnlyDictionary<string, string> repositories,
        IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> groups,
        LintOptions options)
    {
        foreach (var (alias, folder) in repositories.Where(r => !Directory.Exists(r.Value)))
        {
            throw new ProblemException("EXPAND001", $"The folder {folder} of the repository {alias} does not exist.", "Name an existing folder.");
        }

        var source = PipelineFiles.Source("/", path, parameters) with { Variables = variables, Groups = groups, GroupMend = GroupFiles.Mend };
        var root = path[..^source.File.Length];
        var folders = new Dictionary<string, string>(repositories, StringComparer.OrdinalIgnoreCase) { ["self"] = root.Length == 0 ? "/" : root };
        return (PipelineLint.Inspect(source with { Files = new FolderFiles(folders) }, options), root);
    }
}
