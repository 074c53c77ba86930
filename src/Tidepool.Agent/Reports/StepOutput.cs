using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Reports;

/// <summary>Where the lines of one record go, masked: to the live feed, to its log, and to the job's.</summary>
internal sealed class StepOutput(StepRecord record, JobReport report, RecordLog? jobLog, SecretMasker secrets, TimeProvider clock)
{
    /// <summary>Issues of one kind that a record keeps; all are counted.</summary>
    private const int KeptIssues = 10;

    /// <summary>Characters of a live line.</summary>
    private const int LongestLiveLine = 1024;

    private readonly Lock _gate = new();
    private readonly RecordLog _log = new(report.Logs, record);
    private readonly LogLineBuffer _stamped = new();
    private long _written;

    public void Write(string text)
    {
        if (!text.Contains('\n', StringComparison.Ordinal))
        {
            WriteLine(secrets.Apply(text.TrimEnd('\r')));
            return;
        }
        foreach (var line in text.Split('\n'))
        {
            WriteLine(secrets.Apply(line.TrimEnd('\r')));
        }
    }

    public void Section(string text) => Write($"##[section]{text}");

    public void Command(string text) => Write($"##[command]{text}");

    public void Error(string text, IReadOnlyDictionary<string, string>? data = null) => Issue("error", text, data);

    public void Warning(string text, IReadOnlyDictionary<string, string>? data = null) => Issue("warning", text, data);

    /// <summary>Sends what the log still holds.</summary>
    public void Close() => _log.Close();

    /// <summary>Writes an issue and keeps it with the record.</summary>
    /// <param name="type"><c>error</c> or <c>warning</c>.</param>
    /// <param name="category"><c>General</c>, or <c>Code</c> for one with a place in a source.</param>
    public void Issue(string type, string text, IReadOnlyDictionary<string, string>? data, string category = "General")
    {
        Write($"##[{type}]{text}");
        var masked = secrets.Apply(text);
        record.Update(value =>
        {
            var isError = type == "error";
            var issues = value.Issues ?? [];
            var facts = new Dictionary<string, string>();
            foreach (var (name, fact) in data ?? new Dictionary<string, string>())
            {
                facts[secrets.Apply(name)] = secrets.Apply(fact);
            }
            facts["type"] = type;
            facts["logFileLineNumber"] = _written.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return value with
            {
                Issues = issues.Count(issue => issue.Type == type) < KeptIssues
                    ? [.. issues, new() { Type = type, Category = category, Message = masked, Data = facts }]
                    : issues,
                ErrorCount = (value.ErrorCount ?? 0) + (isError ? 1 : 0),
                WarningCount = (value.WarningCount ?? 0) + (isError ? 0 : 1),
            };
        });
    }

    private void WriteLine(string line)
    {
        lock (_gate)
        {
            _written++;
            report.AddLine(record.Id, _written, line.Length <= LongestLiveLine ? line : $"{line[..LongestLiveLine]}...");
            var stamped = _stamped.Write(clock.GetUtcNow().UtcDateTime, line);
            _log.Write(stamped);
            jobLog?.Write(stamped);
        }
    }
}
