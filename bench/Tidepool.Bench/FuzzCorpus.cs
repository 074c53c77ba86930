using System.Text;
using System.Text.Json;
using Tidepool.Expressions;
using Tidepool.Pipelines;

namespace Tidepool.Bench;

/// <summary>What fuzzing damages: the cases with known answers, the pipelines of this repository, and texts that a grammar makes up.</summary>
internal sealed class FuzzCorpus
{
    private static readonly string[] Functions =
    [
        "and", "or", "not", "xor", "eq", "ne", "gt", "ge", "lt", "le", "in", "notIn", "contains", "startsWith", "endsWith", "containsValue", "coalesce",
        "iif", "length", "lower", "upper", "trim", "convertToJson", "format", "join", "replace", "split", "substring",
    ];

    private static readonly string[] Leaves =
    [
        "true", "1", "-1.5", "1.2.3", "'a'", "'{0}{0}{1}'", "''", "parameters.o", "parameters.o.list", "parameters['o'].list[1]", "parameters.o.*.name",
        "variables.v", "variables", "parameters", "x", "'${{'", "79228162514264337593543950335", ".5", "'it''s'",
    ];

    private static readonly string[] Keys =
    [
        "steps", "jobs", "stages", "script", "task", "template", "parameters", "job", "stage", "variables", "name", "value", "inputs", "env", "pool",
        "dependsOn", "condition", "strategy", "matrix", "extends", "resources", "trigger", "deployment", "environment", "runOnce", "deploy", "default",
        "type", "${{ if true }}", "${{ else }}", "${{ elseif x }}", "${{ each x in parameters.o }}", "${{ each x in x }}", "${{ insert }}",
        "${{ parameters.o.list[0] }}", "checkout", "group", "target", "demands", "services", "container", "bash", "pwsh", "publish", "download",
    ];

    private readonly List<Dictionary<string, string>> _pipelines = [];
    private readonly List<string> _expressions = [];

    public FuzzCorpus(string root)
    {
        var tests = Path.Combine(root, "tests", "Tidepool.Tests");
        foreach (var line in File.ReadLines(Path.Combine(tests, "Expressions", "Data", "expr-cases.jsonl")))
        {
            if (JsonDocument.Parse(line).RootElement.TryGetProperty("expr", out var expression))
            {
                _expressions.Add(expression.GetString()!);
            }
        }

        foreach (var line in File.ReadLines(Path.Combine(tests, "Pipelines", "Data", "compile-cases.yml")).Where(line => line.StartsWith("  files: {", StringComparison.Ordinal)))
        {
            // Each is one mapping of file names to double-quoted texts, which JSON reads as well.
            _pipelines.Add(FilesIn(line));
        }

        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "pipelines"), "*.yml"))
        {
            _pipelines.Add(new() { ["pipeline.yml"] = File.ReadAllText(file) });
        }
    }

    public ExpressionContext Context { get; } = new()
    {
        Values = new Dictionary<string, ExpressionValue>(StringComparer.OrdinalIgnoreCase)
        {
            ["parameters"] = new ObjectValue([KeyValuePair.Create<string, ExpressionValue>("o", new ObjectValue(
                [KeyValuePair.Create<string, ExpressionValue>("list", new ArrayValue([ExpressionValue.Of(1), ExpressionValue.Of("two"), ExpressionValue.Null]))]))]),
            ["variables"] = ExpressionValue.Of([KeyValuePair.Create("v", new string('v', 1000))]),
            ["x"] = ExpressionValue.Of("x"),
        },
    };

    public string Expression(Random random) => random.Next(2) == 0 ? Damage(_expressions[random.Next(_expressions.Count)], random) : Made(random, random.Next(8));

    public PipelineSource Pipeline(Random random, out string text)
    {
        var files = new Dictionary<string, string>(_pipelines[random.Next(_pipelines.Count)]);
        if (random.Next(3) == 0)
        {
            files["pipeline.yml"] = MadeYaml(random);
            files["t.yml"] = MadeYaml(random);
        }
        else
        {
            var name = files.Keys.ElementAt(random.Next(files.Count));
            files[name] = Damage(files[name], random);
        }

        text = string.Concat(files.Select(file => $"--- {file.Key}\n{file.Value}\n"));
        return new() { File = "/pipeline.yml", Files = new TextFiles(files) };
    }

    private static Dictionary<string, string> FilesIn(string line)
    {
        var json = new StringBuilder();
        var quoted = false;
        var at = line.IndexOf('{', StringComparison.Ordinal);
        for (var start = at; at < line.Length; at++)
        {
            if (line[at] == '"' && line[at - 1] != '\\')
            {
                quoted = !quoted;
            }

            if (!quoted && line[at] == ':')
            {
                json.Append('"').Append(line[(start + 1)..at].Trim(' ', ',', '{')).Append("\":");
                start = at;
            }
            else if (line[at] == '"' && !quoted)
            {
                json.Append(line[(start + 1)..(at + 1)]).Append(',');
                start = at;
            }
        }

        return JsonSerializer.Deserialize<Dictionary<string, string>>($"{{{json.ToString().TrimEnd(',')}}}")!;
    }

    private static string Made(Random random, int depth)
    {
        if (depth == 0 || random.Next(4) == 0)
        {
            return Leaves[random.Next(Leaves.Length)];
        }

        var arguments = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Made(random, depth - 1));
        return $"{Functions[random.Next(Functions.Length)]}({string.Join(',', arguments)}){(random.Next(8) == 0 ? "[0]" : "")}";
    }

    private static string MadeYaml(Random random)
    {
        var yaml = new StringBuilder(random.Next(2) == 0 ? "parameters:\n- {name: o, type: object, default: {list: [1, {a: b}], name: n}}\n" : "parameters: {o: [1, 2, 3]}\n");
        Node(yaml, random, 0, random.Next(1, 7));
        return yaml.ToString();
    }

    private static void Node(StringBuilder yaml, Random random, int indent, int depth)
    {
        for (var count = random.Next(1, 6); count > 0; count--)
        {
            yaml.Append(' ', indent).Append(random.Next(2) == 0 ? "- " : "").Append(Keys[random.Next(Keys.Length)]).Append(':');
            if (depth > 0 && random.Next(3) > 0)
            {
                yaml.Append('\n');
                Node(yaml, random, indent + 2, depth - 1);
            }
            else
            {
                yaml.Append(' ').Append(random.Next(4) switch
                {
                    0 => "t.yml",
                    1 => $"${{{{ {Made(random, random.Next(4))} }}}}",
                    2 => "[a, {b: c}]",
                    _ => "x",
                }).Append('\n');
            }
        }
    }

    /// <summary>Takes out, doubles or replaces pieces of the text.</summary>
    private static string Damage(string text, Random random)
    {
        for (var times = random.Next(1, random.Next(2, 6)); times > 0 && text.Length > 3; times--)
        {
            var at = random.Next(text.Length);
            var length = Math.Min(random.Next(1, 40), text.Length - at);
            var put = random.Next(6) switch
            {
                0 => "",
                1 => string.Concat(Enumerable.Repeat(text.Substring(at, length), random.Next(1, 20))),
                2 => text.Substring(random.Next(text.Length - length), length),
                3 => $"${{{{ {Made(random, random.Next(5))} }}}}",
                4 => Keys[random.Next(Keys.Length)],
                _ => random.GetString("[]{}()'\":-,.*$ \n#&!%@|>a1\u00e9\ud83d\ude00\t\r\0", random.Next(1, 4)),
            };
            text = text[..at] + put + text[(at + length)..];
        }

        return text;
    }
}
