using System.Text.RegularExpressions;

namespace Tidepool.Tests;

public sealed partial class ProblemSpecs
{
    [Fact]
    public void Every_code_that_is_printed_is_explained_and_every_explained_code_is_printed()
    {
        var printed = Directory.EnumerateFiles(Path.Combine(Clone.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Concat(Directory.EnumerateFiles(Clone.Root, "*.sh"))
            .Append(Path.Combine(Clone.Root, "tidepool"))
            .SelectMany(file => Code().Matches(File.ReadAllText(file)).Select(match => match.Value))
            .ToHashSet();
        var explained = File.ReadLines(Path.Combine(Clone.Root, "docs", "problems.md"))
            .Select(line => Row().Match(line))
            .Where(match => match.Success)
            .Select(match => match.Groups[1].Value)
            .ToArray();
        Assert.Equal(explained.Distinct().Order(StringComparer.Ordinal), explained.Order(StringComparer.Ordinal));
        Assert.Equal(printed.Order(StringComparer.Ordinal), explained.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(
        @"\b(TASK|TASKS|FARGATE|SANDBOX|ENGINE|EBS|EFS|PIPELINE|SERVICE|SERVE|AGENT|REHEARSAL|EXPAND|RUN|CLI|GROUP|SETTINGS|AWS|AZDO|DOCTOR|DEPLOY|TERRAFORM|DOCKER|VERIFY|EXPLAIN|COST)\d{3}\b")]
    private static partial Regex Code();

    [GeneratedRegex(@"^\| ([A-Z]+\d{3}) \|")]
    private static partial Regex Row();
}
