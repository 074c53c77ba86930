using System.Text;
using System.Text.RegularExpressions;

namespace Tidepool.Agent.Jobs;

/// <summary>Replaces every secret in a text by <c>***</c>. Values are looked for whole, in their own case.</summary>
internal sealed class SecretMasker
{
    private const string Mask = "***";

    /// <summary>A pattern that takes longer than this on one line hides the line.</summary>
    private static readonly TimeSpan PatternLimit = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private volatile string[] _values;
    private volatile Regex[] _patterns;

    public SecretMasker()
        : this([], [])
    {
    }

    private SecretMasker(string[] values, Regex[] patterns) => (_values, _patterns) = (values, patterns);

    public SecretMasker Copy() => new(_values, _patterns);

    /// <summary>
    /// Adds a value; of one with several lines, each line too, since output comes line by line. A value is found also as it stands in a URL and
    /// in JSON, where programs show it.
    /// </summary>
    /// <remarks>
    /// As Microsoft's agent does with its value encoders.
    /// Source: https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Microsoft.VisualStudio.Services.Agent/HostContext.cs
    /// </remarks>
    public void Add(string value)
    {
        var added = value.Split('\n').Append(value).Select(line => line.Trim('\r')).Where(line => !string.IsNullOrWhiteSpace(line))
            .SelectMany(line => (string[])[line, Uri.EscapeDataString(line), InJson(line)]);
        lock (_gate)
        {
            _values = [.. _values.Union(added, StringComparer.Ordinal)];
        }
    }

    /// <summary>Adds a regular expression; one that .NET cannot read is taken as a plain value.</summary>
    public void AddPattern(string pattern)
    {
        try
        {
            var regex = new Regex(pattern, RegexOptions.CultureInvariant, PatternLimit);
            lock (_gate)
            {
                _patterns = [.. _patterns, regex];
            }
        }
        catch (ArgumentException)
        {
            Add(pattern);
        }
    }

    private static string InJson(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    public string Apply(string text)
    {
        if (Find(text) is not { } found)
        {
            return text;
        }
        if (found.Count == 0)
        {
            return text;
        }
        found.Sort();
        var masked = new StringBuilder(text.Length);
        var end = 0;
        foreach (var (start, length) in found)
        {
            // Secrets that overlap or touch give one mask, or the seams would show.
            if (start > end || end == 0)
            {
                masked.Append(text, end, start - end).Append(Mask);
            }
            end = Math.Max(end, start + length);
        }
        return masked.Append(text, end, text.Length - end).ToString();
    }

    /// <summary>Where a mask goes; null for nowhere, as in nearly every line.</summary>
    private List<(int Start, int Length)>? Find(string text)
    {
        List<(int Start, int Length)>? found = null;
        foreach (var value in _values)
        {
            // By one, not by length: a secret may overlap itself.
            var at = -1;
            while ((at = text.IndexOf(value, at + 1, StringComparison.Ordinal)) >= 0)
            {
                (found ??= []).Add((at, value.Length));
            }
        }
        foreach (var pattern in _patterns)
        {
            try
            {
                if (pattern.IsMatch(text))
                {
                    (found ??= []).AddRange(pattern.Matches(text).Where(match => match.Length > 0).Select(match => (match.Index, match.Length)));
                }
            }
            catch (RegexMatchTimeoutException)
            {
                (found ??= []).Add((0, text.Length));
            }
        }
        return found;
    }
}
