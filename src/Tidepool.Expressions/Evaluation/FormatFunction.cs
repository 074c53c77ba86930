using System.Globalization;
using System.Text;
using Tidepool.Expressions.Syntax;

namespace Tidepool.Expressions.Evaluation;

/// <summary><c>format('{0} {1:yyyyMMdd} {{', …)</c>; only arguments that the format names are evaluated.</summary>
internal static class FormatFunction
{
    private static readonly string[] DateParts =
    [
        "yyyy", "yy", "MM", "M", "dd", "d", "HH", "H", "mm", "m", "ss", "s",
        "f", "ff", "fff", "ffff", "fffff", "ffffff", "fffffff", "zzz", "K",
    ];

    public static ExpressionValue Call(Evaluator evaluator, IReadOnlyList<Node> arguments)
    {
        var format = evaluator.Evaluate(arguments[0]).ToText();
        List<Func<string>> parts = [];

        // An argument that the format names often is evaluated once: nested formats would else take for ever.
        var values = new ExpressionValue?[arguments.Count];
        for (var at = 0; at < format.Length;)
        {
            var brace = format.AsSpan(at).IndexOfAny('{', '}');
            var end = brace < 0 ? format.Length : at + brace;
            var plain = format[at..end];
            parts.Add(() => plain);
            if (brace < 0)
            {
                break;
            }
            var sign = format[end];
            if (end + 1 < format.Length && format[end + 1] == sign)
            {
                parts.Add(() => sign.ToString());
                at = end + 2;
                continue;
            }
            var hole = (sign == '{' ? ReadHole(format, end + 1) : null) ?? throw Invalid(format);
            if (hole.Argument > arguments.Count - 2)
            {
                throw new ExpressionException($"The following format string references more arguments than were supplied: {format}");
            }
            parts.Add(() => Fill(values[hole.Argument + 1] ??= evaluator.Evaluate(arguments[hole.Argument + 1]), hole.Specifiers));
            at = hole.End;
        }
        var result = new StringBuilder();
        foreach (var part in parts)
        {
            var text = part();
            evaluator.Spend(text.Length);
            result.Append(text);
        }
        return ExpressionValue.Of(result.ToString());
    }

    private static ExpressionException Invalid(string format) => new($"The following format string is invalid: {format}");

    private static (int Argument, string Specifiers, int End)? ReadHole(string format, int start)
    {
        var at = start;
        while (at < format.Length && char.IsAsciiDigit(format[at]))
        {
            at++;
        }
        var digits = format.AsSpan(start, at - start);
        if (at == format.Length || !byte.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var argument))
        {
            return null;
        }
        if (format[at] == '}')
        {
            return (argument, "", at + 1);
        }
        if (format[at++] != ':')
        {
            return null;
        }
        var specifiers = new StringBuilder();
        for (; at < format.Length; at++)
        {
            if (format[at] != '}')
            {
                specifiers.Append(format[at]);
            }
            else if (at + 1 < format.Length && format[at + 1] == '}')
            {
                specifiers.Append(format[++at]);
            }
            else
            {
                return (argument, specifiers.ToString(), at + 1);
            }
        }
        return null;
    }

    private static string Fill(ExpressionValue value, string specifiers) =>
        specifiers.Length == 0 ? value.ToText()
        : value is DateTimeValue { Value: var time } ? FormatTime(time, specifiers)
        : throw InvalidSpecifiers(specifiers, value.Kind);

    private static string FormatTime(DateTimeOffset time, string specifiers)
    {
        var result = new StringBuilder();
        for (int at = 0, end; at < specifiers.Length; at = end)
        {
            end = at + 1;
            if (specifiers[at] == '\\')
            {
                result.Append(end < specifiers.Length ? specifiers[end++] : throw InvalidSpecifiers(specifiers, "DateTime"));
                continue;
            }
            while (end < specifiers.Length && specifiers[end] == specifiers[at])
            {
                end++;
            }
            var part = specifiers[at..end];
            result.Append(part[0] == ' ' ? part
                : !DateParts.Contains(part) ? throw InvalidSpecifiers(specifiers, "DateTime")
                : time.ToString(part.Length == 1 ? "%" + part : part, CultureInfo.InvariantCulture));
        }
        return result.ToString();
    }

    private static ExpressionException InvalidSpecifiers(string specifiers, string kind) =>
        new($"The format specifiers '{specifiers}' are not valid for objects of type '{kind}'");
}
