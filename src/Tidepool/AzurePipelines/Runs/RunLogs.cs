using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>The text of a run: console lines as they came, and the logs that agents post at the end of each record.</summary>
/// <param name="folder">Where the text is kept; null for memory.</param>
/// <param name="lose">Told once when text could not be kept.</param>
internal sealed class RunLogs(string? folder, Action<string> lose)
{
    private readonly Dictionary<int, (TaskLog Log, LogText Text)> _logs = [];
    private readonly Dictionary<Guid, LogText> _console = [];
    private bool _hasLost;

    /// <summary>Whether texts go on where their files end: the run is of a service that ended.</summary>
    public bool Resumes { get; set; }

    /// <summary>The logs that were made, oldest first.</summary>
    public IReadOnlyList<TaskLog> All => [.. _logs.Values.Select(entry => entry.Log)];

    public TaskLog Create(string? path, DateTimeOffset now)
    {
        var log = new TaskLog { Id = _logs.Count + 1, Path = path, CreatedOn = now, LastChangedOn = now, LineCount = 0 };
        _logs.Add(log.Id, (log, Text($"{log.Id}.log")));
        return log;
    }

    /// <returns>Null when there is no such log.</returns>
    public TaskLog? Append(int logId, string text, DateTimeOffset now)
    {
        if (!_logs.TryGetValue(logId, out var entry))
        {
            return null;
        }

        Keep(entry.Text, text.TrimStart('\uFEFF'));
        var log = entry.Log with { LastChangedOn = now, LineCount = entry.Log.LineCount + text.Count(character => character == '\n') };
        _logs[logId] = (log, entry.Text);
        return log;
    }

    /// <summary>Notes that a log has more lines, whose text is in its file already.</summary>
    public void Grow(int logId, long lines, DateTimeOffset now)
    {
        if (_logs.TryGetValue(logId, out var entry))
        {
            _logs[logId] = (entry.Log with { LastChangedOn = now, LineCount = entry.Log.LineCount + lines }, entry.Text);
        }
    }

    /// <summary>A log's text as it is now; null when there is no such log.</summary>
    public TextReader? Read(int logId) => _logs.TryGetValue(logId, out var entry) ? entry.Text.Read() : null;

    public void AddConsole(Guid recordId, IEnumerable<string> lines)
    {
        if (!_console.TryGetValue(recordId, out var known))
        {
            _console.Add(recordId, known = Text($"{recordId}.txt"));
        }

        Keep(known, string.Concat(lines.Select(line => $"{line}\n")));
    }

    /// <summary>A record's lines: from its log where there is one, since agents may drop console lines in a hurry.</summary>
    public IReadOnlyList<string> Lines(Guid recordId, int? logId) => logId is { } id && Read(id) is { } log
        ? [.. Whole(log).TrimEnd('\n').Split('\n').Select(WithoutTime)]
        : _console.TryGetValue(recordId, out var console) ? Whole(console.Read()).Split('\n')[..^1] : [];

    private static string Whole(TextReader reader)
    {
        using (reader)
        {
            return reader.ReadToEnd();
        }
    }

    private static string WithoutTime(string line)
    {
        line = line.TrimEnd('\r');
        return line.IndexOf(' ') is > 0 and var space && line[..space] is [.., 'Z'] stamp && DateTimeOffset.TryParse(stamp, out _)
            ? line[(space + 1)..]
            : line;
    }

    private LogText Text(string name)
    {
        var text = new LogText(folder is null ? null : Path.Combine(folder, name));
        if (Resumes)
        {
            text.Resume();
        }

        return text;
    }

    private void Keep(LogText kept, string text)
    {
        try
        {
            kept.Append(text);
        }
        catch (IOException e)
        {
            if (!_hasLost)
            {
                _hasLost = true;
                lose(e.Message);
            }
        }
    }
}
