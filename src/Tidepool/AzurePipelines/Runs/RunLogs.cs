using System.Text;
using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>The text of a run: console lines as they came, and the logs that agents post at the end of each record.</summary>
internal sealed class RunLogs
{
    private readonly Dictionary<int, (TaskLog Log, StringBuilder Text)> _logs = [];
    private readonly Dictionary<Guid, List<string>> _console = [];

    public TaskLog Create(string? path, DateTimeOffset now)
    {
        var log = new TaskLog { Id = _logs.Count + 1, Path = path, CreatedOn = now, LastChangedOn = now, LineCount = 0 };
        _logs.Add(log.Id, (log, new StringBuilder()));
        return log;
    }

    /// <returns>Null when there is no such log.</returns>
    public TaskLog? Append(int logId, string text, DateTimeOffset now)
    {
        if (!_logs.TryGetValue(logId, out var entry))
        {
            return null;
        }

        entry.Text.Append(text.TrimStart('\uFEFF'));
        var log = entry.Log with { LastChangedOn = now, LineCount = entry.Log.LineCount + text.Count(character => character == '\n') };
        _logs[logId] = (log, entry.Text);
        return log;
    }

    public string? Text(int logId) => _logs.TryGetValue(logId, out var entry) ? entry.Text.ToString() : null;

    public void AddConsole(Guid recordId, IEnumerable<string> lines)
    {
        if (!_console.TryGetValue(recordId, out var known))
        {
            _console.Add(recordId, known = []);
        }

        known.AddRange(lines);
    }

    /// <summary>A record's lines: from its log where there is one, since agents may drop console lines in a hurry.</summary>
    public IReadOnlyList<string> Lines(Guid recordId, int? logId) => logId is { } id && Text(id) is { } text
        ? [.. text.TrimEnd('\n').Split('\n').Select(WithoutTime)]
        : [.. _console.GetValueOrDefault(recordId) ?? []];

    private static string WithoutTime(string line)
    {
        line = line.TrimEnd('\r');
        return line.IndexOf(' ') is > 0 and var space && line[..space] is [.., 'Z'] stamp && DateTimeOffset.TryParse(stamp, out _)
            ? line[(space + 1)..]
            : line;
    }
}
