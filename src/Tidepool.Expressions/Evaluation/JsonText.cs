using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Tidepool.Expressions.Evaluation;

/// <summary>JSON with two spaces of indent, booleans and numbers typed.</summary>
internal static class JsonText
{
    public static string Of(ExpressionValue value, Action<long> spend)
    {
        var json = new StringBuilder();
        Write(json, value, "\n", spend);
        return json.ToString();
    }

    private static void Write(StringBuilder json, ExpressionValue value, string newLine, Action<long> spend)
    {
        switch (value)
        {
            case ArrayValue { Items: var items }:
                WriteItems(json, '[', ']', items, newLine, (item, inner) => Write(json, item, inner, spend));
                break;
            case ObjectValue { Properties: var properties }:
                WriteItems(json, '{', '}', properties, newLine, (property, inner) =>
                {
                    json.Append(Quoted(property.Key)).Append(": ");
                    Write(json, property.Value, inner, spend);
                });
                break;
            default:
                var text = Scalar(value);
                spend(text.Length);
                json.Append(text);
                break;
        }
    }

    private static void WriteItems<T>(
        StringBuilder json, char open, char close, IReadOnlyList<T> items, string newLine, Action<T, string> write)
    {
        json.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            json.Append(i == 0 ? "" : ",").Append(newLine).Append("  ");
            write(items[i], newLine + "  ");
        }
        json.Append(items.Count == 0 ? "" : newLine).Append(close);
    }

    private static string Scalar(ExpressionValue value) => value switch
    {
        NullValue => "null",
        BooleanValue { Value: var flag } => flag ? "true" : "false",
        NumberValue { Value: var number } => number.ToString("0.#######", CultureInfo.InvariantCulture),
        _ => Quoted(value.ToText()),
    };

    private static string Quoted(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
}
