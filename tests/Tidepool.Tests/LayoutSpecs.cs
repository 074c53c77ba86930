using System.Text.RegularExpressions;

namespace Tidepool.Tests;

/// <summary>Dependencies point one way: Cli, Comparison, {Rehearsal, Deployment}, {Fargate, AzurePipelines}, {Tasks, Storage, Pipelines}.</summary>
public sealed partial class LayoutSpecs
{
    [Theory]
    [InlineData("Tasks")]
    [InlineData("Storage", "Tasks")]
    [InlineData("Pipelines")]
    [InlineData("Fargate", "Tasks", "Storage")]
    [InlineData("AzurePipelines", "Pipelines")]
    [InlineData("Deployment", "Tasks", "Storage")]
    [InlineData("Rehearsal", "Fargate", "AzurePipelines", "Tasks", "Storage", "Pipelines")]
    [InlineData("Comparison", "Rehearsal", "Deployment", "Fargate", "AzurePipelines", "Tasks", "Storage", "Pipelines")]
    public void A_folder_knows_only_the_folders_below_it(string folder, params string[] known)
    {
        var strangers = Directory.EnumerateFiles(Path.Combine(Clone.Root, "src", "Tidepool", folder), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Mention().Matches(File.ReadAllText(file)).Select(match => (File: Path.GetFileName(file), Folder: match.Groups[1].Value)))
            .Where(mention => mention.Folder != folder && !known.Contains(mention.Folder))
            .Distinct();
        Assert.Empty(strangers);
    }

    [Fact]
    public void The_agent_knows_the_wire_and_the_expressions_and_nothing_of_the_product()
    {
        var references = File.ReadLines(Path.Combine(Clone.Root, "src", "Tidepool.Agent", "Tidepool.Agent.csproj"))
            .Where(line => line.Contains("<ProjectReference", StringComparison.Ordinal))
            .Select(line => Path.GetFileNameWithoutExtension(line.Split('"')[1]));
        Assert.Equal(["Tidepool.AgentProtocol", "Tidepool.Expressions"], references.Order(StringComparer.Ordinal));
    }

    // A using directive or a qualified name.
    [GeneratedRegex(@"\bTidepool\.(Tasks|Storage|Fargate|Pipelines|AzurePipelines|Rehearsal|Deployment|Comparison)\b")]
    private static partial Regex Mention();
}
