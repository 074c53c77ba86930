using System.Text.RegularExpressions;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Lint;

/// <summary>The files of a pipeline, which keep in mind what was read, so that a finding has its line and its comments.</summary>
internal sealed partial class LintedFiles(IPipelineFiles files) : IPipelineFiles
{
    private const int FarthestLine = 400;

    private readonly Dictionary<string, string> _read = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> _lines = new(StringComparer.Ordinal);

    /// <summary>The pipeline files that were read, by the path that errors show.</summary>
    public IReadOnlyDictionary<string, string> Texts => _read;

    public string? Read(string repository, string path)
    {
        var text = files.Read(repository, path);
        if (text is not null)
        {
            _read[repository == "self" ? path : $"{path}@{repository}"] = text;
        }
        return text;
    }

    /// <summary>Any other file of the pipeline's repository, such as a script; null when it cannot be had.</summary>
    public string? Peek(string path)
    {
        try
        {
            return files.Read("self", path);
        }
        catch (ProblemException)
        {
            return null;
        }
    }

    /// <summary>Where a text stands, from a place on; that place when it is not found soon.</summary>
    public SourcePosition Locate(SourcePosition from, string text)
    {
        var lines = LinesOf(from.File);
        for (var line = from.Line; line >= 1 && line <= Math.Min(lines.Length, from.Line + FarthestLine); line++)
        {
            var at = lines[line - 1].IndexOf(text, line == from.Line ? Math.Min(from.Column - 1, lines[line - 1].Length) : 0, StringComparison.Ordinal);
            if (at >= 0)
            {
                return new SourcePosition(from.File, line, at + 1);
            }
        }
        return from;
    }

    /// <summary>True when a comment on the line of a finding, or on the one above, disables its rule.</summary>
    public bool IsSilenced(LintFinding finding) =>
        finding.Position is { } at && (IsSilencedBy(at.File, at.Line, finding.Rule) || IsSilencedBy(at.File, at.Line - 1, finding.Rule));

    private bool IsSilencedBy(string file, int line, LintRule rule) =>
        line >= 1
        && LinesOf(file) is var lines
        && line <= lines.Length
        && Comment().Match(lines[line - 1]) is { Success: true } match
        && match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries).Contains(rule.Id, StringComparer.OrdinalIgnoreCase);

    private string[] LinesOf(string file)
    {
        if (!_lines.TryGetValue(file, out var lines))
        {
            lines = _read.TryGetValue(file, out var text) ? text.Split('\n') : [];
            _lines[file] = lines;
        }
        return lines;
    }

    [GeneratedRegex(@"#.*\btidepool-lint:\s*disable=\s*(LINT[0-9]{3}(?:\s*,\s*LINT[0-9]{3})*)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Comment();
}
