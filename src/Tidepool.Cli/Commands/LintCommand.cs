using System.CommandLine;
using System.Text.Json;
using Tidepool.Pipelines.Lint;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool lint</c>.</summary>
internal sealed class LintCommand
{
    private const string Schema = "tidepool.lint/1";
    private const string NoSharedPath = "none";

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Argument<string[]> _files = new("FILE") { Description = "YAML files of pipelines.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string[]> _parameters = RehearsalArguments.ParametersOption();
    private readonly Option<string[]> _variables = RehearsalArguments.PairsOption("--variables", "A variable that is known before a run. Repeatable.", "NAME=VALUE");
    private readonly Option<string[]> _repositories = RehearsalArguments.PairsOption("--repository", "The folder of a repository that the pipeline names. Repeatable.", "ALIAS=FOLDER");
    private readonly Option<string[]> _groups = RehearsalArguments.GroupsOption();

    private readonly Option<string> _sharedPath = new("--shared-path")
    {
        Description = "The folder that only the agents of one task share; none where there is none, or where every task has it.",
        HelpName = "PATH",
        DefaultValueFactory = _ => LintOptions.DefaultSharedPath,
    };

    private readonly Option<string?> _json = new("--json")
    {
        Description = "Write the findings as JSON to FILE, or to standard output.",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var lint = new LintCommand();
        var command = new Command("lint", "Finds what in pipelines is valid and does not do what it seems to. Exit code 1 when there is something.")
        {
            lint._files, lint._parameters, lint._variables, lint._repositories, lint._groups, lint._sharedPath, lint._json,
        };
        lint._sharedPath.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var path }] && path != NoSharedPath && !path.StartsWith('/'))
            {
                result.AddError($"--shared-path is '{path}'; it must be an absolute path or {NoSharedPath}.");
            }
        });
        command.SetAction(lint.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var json = parsed.GetResult(_json) is null ? null : ReportFile.Of(parsed.GetValue(_json) ?? "-");
        var shared = parsed.GetRequiredValue(_sharedPath);
        var options = new LintOptions { SharedPath = shared == NoSharedPath ? null : shared };
        var parameters = RehearsalArguments.Pairs(parsed.GetValue(_parameters) ?? []);
        var variables = RehearsalArguments.Pairs(parsed.GetValue(_variables) ?? []);
        var repositories = RehearsalArguments.Folders(parsed, _repositories);
        var groups = RehearsalArguments.Groups(parsed, _groups, needsSecrets: false);
        var findings = parsed.GetRequiredValue(_files)
            .Select(Path.GetFullPath)
            .Distinct()
            .SelectMany(path =>
            {
                var pipeline = new LocalPipeline { Path = path, Parameters = parameters, Variables = variables, Repositories = repositories, Groups = groups };
                var (report, root) = pipeline.Lint(options);
                return report.Findings.Select(finding => new Line(PathOf(finding, root, path), finding));
            })
            .Distinct()
            .ToList();
        if (json?.IsStandardOutput != true)
        {
            Show(findings);
        }

        if (json is not null)
        {
            await json.WriteAsync(JsonSerializer.Serialize(Document(findings), Indented), ct);
        }

        return (int)(findings.Count == 0 ? ExitCode.Done : ExitCode.Failed);
    }

    /// <summary>The finding's file as seen from where the command runs; one of another repository keeps its alias.</summary>
    private static string PathOf(LintFinding finding, string root, string pipeline) => finding.Position?.File switch
    {
        null => Path.GetRelativePath(Directory.GetCurrentDirectory(), pipeline),
        var file when file.Contains('@', StringComparison.Ordinal) && !File.Exists(root + file) => file,
        var file => Path.GetRelativePath(Directory.GetCurrentDirectory(), root + file),
    };

    private static void Show(List<Line> findings)
    {
        foreach (var (path, finding) in findings)
        {
            var place = finding.Position is { } at ? $":{at.Line}:{at.Column}" : "";
            Console.Out.WriteLine(PlainText.Of($"{path}{place}: {finding.Rule.Id} {finding.What} {finding.Mend}".TrimEnd()));
        }

        Console.Out.WriteLine(findings.Count switch
        {
            0 => "no traps found",
            1 => "1 trap found; docs/lint.md explains the rules",
            var count => $"{count} traps found; docs/lint.md explains the rules",
        });
    }

    private static object Document(List<Line> findings) => new
    {
        schema = Schema,
        findings = findings.Select(line => new
        {
            rule = line.Finding.Rule.Id,
            title = line.Finding.Rule.Title,
            file = line.Path,
            line = line.Finding.Position?.Line,
            column = line.Finding.Position?.Column,
            what = line.Finding.What,
            mend = line.Finding.Mend.Length == 0 ? null : line.Finding.Mend,
        }),
    };

    private sealed record Line(string Path, LintFinding Finding);
}
