using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>Every member of every operation with values that nobody means well with.</summary>
public sealed class HostileValueSpecs
{
    /// <summary>Errors of the protocol and not of an operation.</summary>
    private static readonly string[] OfAll = ["SerializationException", "ClientException", "InvalidParameterException"];

    private static readonly string[] Texts =
    [
        "\"\"", "\"../../../../../../tmp/escaped\"", "\"/..\"", "\"a\\nb\"", "\"a\\n\"", "\"a\\u0000b\"", "\"\\uD800\"", $"\"{new string('a', 5000)}\"", "7", "{}",
    ];

    private static readonly string[] Numbers = ["-1", "0", "2147483647", "-2147483648", "1e300", "1.5", "\"1\"", "true"];

    public static TheoryData<string> Operations => [.. ServiceModelRig.Operations];

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Each_is_taken_or_refused_with_an_error_of_the_operation_and_what_is_there_stays(string operation)
    {
        var model = ServiceModel.Get();
        await using var rig = await ServiceModelRig.StartAsync();
        var (shape, errors) = (model.InputOf(operation), model.ErrorsOf(operation).Except(["ServerException"]).Concat(OfAll).ToHashSet());
        var wrong = new List<string>();
        foreach (var path in model.MembersOf(shape))
        {
            foreach (var value in ValuesFor(model.KindOf(shape, path)))
            {
                var request = await rig.RequestAsync(operation);
                model.Add(shape, request, path, JsonValue.Create("HERE"));

                // JSON that no writer makes must go as text.
                var (status, answer) = await rig.Ecs.SendAsync(operation, request.ToJsonString().Replace("\"HERE\"", value, StringComparison.Ordinal));
                if (status != HttpStatusCode.OK && !(status == HttpStatusCode.BadRequest && errors.Contains((string?)JsonNode.Parse(answer)!["__type"] ?? "")))
                {
                    wrong.Add($"{path} = {value[..Math.Min(value.Length, 40)]}: {status} {answer}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.DoesNotContain(rig.Notices, notice => notice.Contains("failed", StringComparison.Ordinal));
        Assert.False(Path.Exists("/tmp/escaped"));
        var described = await rig.Ecs.AskAsync("DescribeServices", """{"cluster":"tide","services":["s"]}""");
        Assert.Equal("ACTIVE", (string?)described["services"]![0]!["status"]);
    }

    private static IEnumerable<string> ValuesFor(string kind) => kind switch
    {
        "string" => Texts,
        "integer" or "long" or "double" or "float" => Numbers,
        "boolean" => ["0", "\"true\"", "[]"],
        "list" => ["[]", "[null]", "[[]]", "{}", "\"\"", $"[{string.Join(',', Enumerable.Repeat("\"a\"", 2000))}]"],
        _ => ["{}", "[]", "null", "\"\"", "1", "{\"\":{}}"],
    };
}
