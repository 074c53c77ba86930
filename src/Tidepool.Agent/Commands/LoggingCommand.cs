using System.Diagnostics.CodeAnalysis;

namespace Tidepool.Agent.Commands;

/// <summary>A line <c>##vso[area.event name=value;name=value]data</c>. Area, event and names ignore case.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands</remarks>
internal sealed record LoggingCommand(string Area, string Event, IReadOnlyDictionary<string, string> Properties, string Data)
{
    /// <summary>What a line with a command, right or wrong, has in it.</summary>
    public const string Keyword = "##vso";

    private const string Prefix = "##vso[";

    /// <summary>Longest first where one could be part of another.</summary>
    private static readonly (string Escaped, string Plain)[] Escapes =
        [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")];

    public string this[string property] => Properties.GetValueOrDefault(property, "");

    /// <summary>A property that is <c>true</c>, in any case.</summary>
    public bool IsTrue(string property) => string.Equals(this[property], "true", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="CommandException">The property is missing or empty; <paramref name="missing"/> is the text.</exception>
    public string Required(string property, string missing) => this[property] is { Length: > 0 } value ? value : throw new CommandException(missing);

    /// <summary>Looks for a command anywhere in a line; what stands before it is dropped.</summary>
    public static bool TryParse(string line, [NotNullWhen(true)] out LoggingCommand? command)
    {
        command = null;
        var start = line.IndexOf(Prefix, StringComparison.Ordinal);
        var end = start < 0 ? -1 : line.IndexOf(']', start);
        if (end < 0)
        {
            return false;
        }
        var head = line[(start + Prefix.Length)..end];
        var space = head.IndexOf(' ', StringComparison.Ordinal);
        var name = (space < 0 ? head : head[..space]).Split('.');
        if (name is not [{ Length: > 0 } area, { Length: > 0 } @event])
        {
            return false;
        }
        var properties = ParseProperties(space < 0 ? "" : head[space..]);
        command = new(area.ToLowerInvariant(), @event.ToLowerInvariant(), properties, Unescape(line[(end + 1)..]));
        return true;
    }

    internal static string Unescape(string text) =>
        Escapes.Aggregate(text, (result, escape) => result.Replace(escape.Escaped, escape.Plain, StringComparison.Ordinal));

    /// <summary>A text as it stands in a command's data.</summary>
    internal static string Escape(string text) => Escapes.Reverse().Where(escape => escape.Plain is "%" or "\r" or "\n")
        .Aggregate(text, (result, escape) => result.Replace(escape.Plain, escape.Escaped, StringComparison.Ordinal));

    private static Dictionary<string, string> ParseProperties(string text)
    {
        var properties = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=', 2) is [var name, var value])
            {
                properties[name.Trim()] = Unescape(value.Trim());
            }
        }
        return properties;
    }
}
