using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Tidepool.Deployment.Tests;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>The model of ECS that comes with the aws command line: which operations there are, and the shapes of their members.</summary>
/// <remarks>Source of the form: https://botocore.amazonaws.com/v1/documentation/api/latest/reference/loaders.html</remarks>
internal sealed class ServiceModel
{
    private static readonly Lazy<ServiceModel?> OnThisMachine = new(Load);

    private readonly JsonNode _root;

    private ServiceModel(JsonNode root) => _root = root;

    /// <summary>The installed model; skips the test where there is none.</summary>
    public static ServiceModel Get()
    {
        Assert.SkipWhen(OnThisMachine.Value is null, "The aws command line's model of ECS is not installed (pip install awscli).");
        return OnThisMachine.Value!;
    }

    /// <summary>The types of errors that an operation may answer.</summary>
    public IReadOnlyList<string> ErrorsOf(string operation) => [.. _root["operations"]![operation]!["errors"]!.AsArray().Select(error => (string)error!["shape"]!)];

    /// <summary>The shape of what an operation takes.</summary>
    public string InputOf(string operation) => (string)_root["operations"]![operation]!["input"]!["shape"]!;

    /// <summary>Everything in an answer that is not as the model says: members without a place in it, other types, other words.</summary>
    public IReadOnlyList<string> Violations(string operation, JsonNode answer) =>
        [.. Violations((string)_root["operations"]![operation]!["output"]!["shape"]!, answer, operation)];

    /// <summary>The paths of all members of a shape that a request may hold, as in <c>tags[0].key</c>.</summary>
    public IEnumerable<string> MembersOf(string shape) => MembersOf(shape, "", []);

    /// <summary>Adds a member to a request, and what must stand beside it.</summary>
    /// <param name="shape">The request's shape.</param>
    /// <param name="request">The request, which is changed.</param>
    /// <param name="path">The member, as in <c>tags[0].key</c>.</param>
    /// <param name="value">Its value; null for a sample.</param>
    /// <returns>The value.</returns>
    public JsonNode Add(string shape, JsonObject request, string path, JsonNode? value = null)
    {
        var (at, steps) = ((JsonNode)request, path.Split('.'));
        for (var i = 0; ; i++)
        {
            var isItem = steps[i].EndsWith("[0]", StringComparison.Ordinal);
            var (name, holder) = (isItem ? steps[i][..^3] : steps[i], at.AsObject());
            var member = (string)_root["shapes"]![shape]!["members"]![name]!["shape"]!;
            if (i == steps.Length - 1)
            {
                holder[name] = value ?? Sample(member);
                return holder[name]!;
            }

            if (isItem && holder[name] is not JsonArray { Count: > 0 })
            {
                holder[name] = new JsonArray(Sample(ItemOf(member)));
            }

            holder[name] ??= Sample(member);
            (at, shape) = isItem ? (holder[name]![0]!, ItemOf(member)) : (holder[name]!, member);
        }
    }

    /// <summary>The kind of value that a member of a request has: string, integer, long, boolean, list, map, structure and the like.</summary>
    public string KindOf(string shape, string path)
    {
        foreach (var step in path.Split('.'))
        {
            var isItem = step.EndsWith("[0]", StringComparison.Ordinal);
            shape = (string)_root["shapes"]![shape]!["members"]![isItem ? step[..^3] : step]!["shape"]!;
            shape = isItem ? ItemOf(shape) : shape;
        }

        return (string)_root["shapes"]![shape]!["type"]!;
    }

    private string ItemOf(string list) => (string)_root["shapes"]![list]!["member"]!["shape"]!;

    private IEnumerable<string> MembersOf(string name, string prefix, string[] above)
    {
        var shape = _root["shapes"]![name]!;
        switch ((string)shape["type"]!)
        {
            case "structure" when !above.Contains(name):
                return shape["members"]!.AsObject().SelectMany(member =>
                    MembersOf((string)member.Value!["shape"]!, $"{prefix}.{member.Key}", [.. above, name]).Prepend($"{prefix}.{member.Key}"[1..].TrimStart('.')));
            case "list" when (string)_root["shapes"]![ItemOf(name)]!["type"]! == "structure":
                return MembersOf(ItemOf(name), $"{prefix}[0]", above);
            default:
                return [];
        }
    }

    private JsonNode Sample(string name)
    {
        var shape = _root["shapes"]![name]!;
        return (string)shape["type"]! switch
        {
            "string" => shape["enum"]?[0]!.DeepClone() ?? "sample",
            "integer" or "long" => 1,
            "double" or "float" => 1.5,
            "boolean" => true,
            "list" => new JsonArray(Sample(ItemOf(name))),
            "map" => new JsonObject { ["sample"] = Sample((string)shape["value"]!["shape"]!) },
            "structure" => new JsonObject(((shape["required"]?.AsArray()) ?? []).Select(required =>
                KeyValuePair.Create<string, JsonNode?>((string)required!, Sample((string)shape["members"]![(string)required!]!["shape"]!)))),
            "timestamp" => 1_700_000_000,
            var other => throw new NotSupportedException(other),
        };
    }

    private IEnumerable<string> Violations(string name, JsonNode? node, string path)
    {
        var shape = _root["shapes"]![name]!;
        var type = (string)shape["type"]!;
        switch (type, node)
        {
            case ("structure", JsonObject members):
                return members.SelectMany(member => shape["members"]![member.Key]?["shape"] is { } inner
                    ? Violations((string)inner!, member.Value, $"{path}.{member.Key}")
                    : [$"{path}.{member.Key} is no member of {name}"]);
            case ("list", JsonArray items):
                return items.SelectMany(item => Violations(ItemOf(name), item, $"{path}[]"));
            case ("map", JsonObject entries):
                return entries.SelectMany(entry => Violations((string)shape["value"]!["shape"]!, entry.Value, $"{path}.{entry.Key}"));
            case (_, JsonValue value):
                var kind = value.GetValueKind();
                var fits = type switch
                {
                    "string" => kind is System.Text.Json.JsonValueKind.String
                        && (shape["enum"] is not JsonArray words || words.Any(word => (string)word! == (string)value!)),
                    "integer" => value.TryGetValue<int>(out _),
                    "long" => value.TryGetValue<long>(out _),
                    "double" or "float" or "timestamp" => kind is System.Text.Json.JsonValueKind.Number,
                    "boolean" => kind is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
                    _ => false,
                };
                return fits ? [] : [$"{path} is {value.ToJsonString()}, not a {type} of {name}"];
            default:
                return [$"{path} is {node?.ToJsonString() ?? "null"}, not a {type}"];
        }
    }

    private static ServiceModel? Load()
    {
        foreach (var folder in Folders())
        {
            var versions = Path.Combine(folder, "data", "ecs");
            foreach (var version in (Directory.Exists(versions) ? Directory.GetDirectories(versions) : []).OrderDescending())
            {
                var (packed, plain) = (Path.Combine(version, "service-2.json.gz"), Path.Combine(version, "service-2.json"));
                if (File.Exists(packed))
                {
                    using var text = new GZipStream(File.OpenRead(packed), CompressionMode.Decompress);
                    return new(JsonNode.Parse(text)!);
                }

                if (File.Exists(plain))
                {
                    using var text = File.OpenRead(plain);
                    return new(JsonNode.Parse(text)!);
                }
            }
        }

        return null;
    }

    /// <summary>Where botocore may be: Python's, the distribution's, and that of version 2 of the command line, which brings its own.</summary>
    private static IEnumerable<string> Folders()
    {
        if (Installed.Has("python3"))
        {
            using var python = Process.Start(new ProcessStartInfo("python3", ["-c", "import botocore, os; print(os.path.dirname(botocore.__file__))"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            yield return python.StandardOutput.ReadToEnd().Trim();
        }

        yield return "/usr/lib/python3/dist-packages/botocore";
        yield return "/usr/local/aws-cli/v2/current/dist/awscli/botocore";
    }
}
