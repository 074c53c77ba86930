using System.Text.Json;
using Tidepool.Expressions;

namespace Tidepool.Tests.Expressions;

public sealed class ExpressionCaseSpecs
{
    private static readonly Dictionary<string, JsonElement> Cases = File
        .ReadLines(Path.Combine(AppContext.BaseDirectory, "Expressions", "Data", "expr-cases.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement)
        .ToDictionary(one => one.GetProperty("id").GetString()!);

    public static TheoryData<string> Ids => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_case_with_a_known_answer_gives_it(string id)
    {
        var one = Cases[id];
        var text = one.TryGetProperty("expr", out var written) ? written.GetString()! : Made(id);
        var context = ContextOf(one);

        if (one.TryGetProperty("error", out var error))
        {
            var fault = Assert.Throws<ExpressionException>(() => Expression.Parse(text).Evaluate(context));
            Assert.Contains(error.GetString()!, fault.Message, StringComparison.Ordinal);
            if (one.TryGetProperty("error_full", out var whole))
            {
                Assert.Equal(whole.GetString(), fault.Message);
            }
            return;
        }
        var value = Expression.Parse(text).Evaluate(context).Value;
        if (one.TryGetProperty("kind", out var kind))
        {
            Assert.Equal(kind.GetString(), value.Kind);
        }
        if (one.TryGetProperty("string", out var expected))
        {
            Assert.Equal(expected.GetString(), value.ToText());
        }
        else
        {
            Assert.Equal(ValueOf(one.GetProperty("value")), value);
        }
    }

    private static string Made(string id) => id switch
    {
        "depth" => string.Concat(Enumerable.Repeat("not(", 51)) + "true" + new string(')', 51),
        "maxlen" => $"'{new string('a', 21_001)}'",
        _ => throw new InvalidOperationException($"The case {id} has no expression."),
    };

    private static ExpressionContext ContextOf(JsonElement one)
    {
        var values = new Dictionary<string, ExpressionValue>(StringComparer.OrdinalIgnoreCase);
        if (one.TryGetProperty("ctx", out var contexts))
        {
            foreach (var context in contexts.EnumerateObject())
            {
                values[context.Name] = context.Name switch
                {
                    "pipeline" => new ObjectValue([KeyValuePair.Create(
                        "startTime", ExpressionValue.Of(context.Value.GetProperty("startTime").GetDateTimeOffset()))]),
                    "parameters" => (ObjectValue)ValueOf(context.Value) with { MissIsError = true },
                    _ => ValueOf(context.Value),
                };
            }
        }
        return new ExpressionContext { Values = values };
    }

    private static ExpressionValue ValueOf(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => ExpressionValue.Of(json.GetBoolean()),
        JsonValueKind.Number => ExpressionValue.Of(json.GetDecimal()),
        JsonValueKind.String => ExpressionValue.Of(json.GetString()),
        JsonValueKind.Array => new ArrayValue([.. json.EnumerateArray().Select(ValueOf)]),
        JsonValueKind.Object => new ObjectValue(json.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, ValueOf(p.Value)))),
        _ => ExpressionValue.Null,
    };
}
