using System.IO.Compression;
using System.Text.Json.Nodes;
using Tidepool.AzurePipelines;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool tasks</c> against an embedded service that stands for the organization.</summary>
public sealed class TasksSpecs : IDisposable
{
    private const string Token = "token-of-an-organization-0123456789";

    private readonly Scratch _scratch = new();

    private string Data => Path.Combine(_scratch.Folder, "data");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task What_a_pipeline_and_its_templates_name_is_fetched_once_listed_and_removed()
    {
        await using var organization = await StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_scratch.Folder, "a.yml"), "steps:\n- script: true\n- template: b.yml\n- task: Greet@1 # twice\n", Ct);
        await File.WriteAllTextAsync(Path.Combine(_scratch.Folder, "b.yml"), "steps:\n- task: 'Greet@1'\n- task: CmdLine@2\n", Ct);

        var first = await RunAsync("pull", "a.yml", "PublishBuildArtifacts@1", "--json");
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal(["PublishBuildArtifacts@1.274.0", "Greet@1.2.3"], JsonNode.Parse(first.Output)!.AsArray().Select(task => $"{task!["name"]}@{task["version"]}").Order(StringComparer.Ordinal).Reverse());
        Assert.DoesNotContain(Token, first.Error);
        var again = await RunAsync("pull", "a.yml");
        Assert.Equal((0, "tasks: 0 pulled, 1 there already\n"), (again.ExitCode, again.Output));

        var listed = await RunAsync("list");
        Assert.StartsWith($"Greet@1.2.3  {Id}  ", listed.Output);
        Assert.True(File.Exists(Path.Combine(Data, "tidepool", "tasks", Id, "1.2.3.zip")));
        Assert.Equal("tasks: 1 removed\n", (await RunAsync("remove", "greet@1")).Output);
        Assert.Single((await RunAsync("list")).Output.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("None@1", "TASKS001: ", " has no task None. Correct the name, or install the extension that has it in the organization.")]
    [InlineData("Greet@7", "TASKS001: ", " has no Greet@7; it has 1.2.3. Name one of these versions.")]
    [InlineData("nowhere.yml", "TASKS004: ", " Name a pipeline's file, or a task as in Name@1.")]
    public async Task What_is_not_there_is_told(string wanted, string start, string end)
    {
        await using var organization = await StartAsync();

        var outcome = await RunAsync("pull", wanted);

        Assert.Equal(2, outcome.ExitCode);
        var line = outcome.Error.TrimEnd().Split('\n')[^1];
        Assert.StartsWith(start, line);
        Assert.EndsWith(end, line);
        Assert.False(Directory.Exists(Path.Combine(Data, "tidepool", "tasks")) && Directory.EnumerateFileSystemEntries(Path.Combine(Data, "tidepool", "tasks")).Any());
    }

    [Fact]
    public async Task A_token_that_is_refused_and_one_that_is_missing_are_told()
    {
        await using var organization = await StartAsync();
        _scratch.Environment["AZP_TOKEN"] = "another-token-of-nobody-0123456789";
        Assert.StartsWith("AZDO001: ", (await RunAsync("pull", "Greet@1")).Error);
        _scratch.Environment["AZP_TOKEN"] = "";
        Assert.StartsWith("SETTINGS", (await RunAsync("pull", "Greet@1")).Error);
    }

    private const string Id = "11111111-2222-4333-8444-555555555555";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Task<Outcome> RunAsync(params string[] arguments) => TidepoolProcess.RunAsync(_scratch, ["tasks", .. arguments]);

    private async Task<PipelinesService> StartAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_scratch.Folder, "organization", Id));
        await using (var zip = await ZipFile.OpenAsync(Path.Combine(folder.FullName, "1.2.3.zip"), ZipArchiveMode.Create, Ct))
        await using (var writer = new StreamWriter(await zip.CreateEntry("task.json").OpenAsync(Ct)))
        {
            await writer.WriteAsync($$$"""{"id":"{{{Id}}}","name":"Greet","friendlyName":"Greet","version":{"Major":1,"Minor":2,"Patch":3}}""");
        }

        var service = await PipelinesService.StartAsync(new() { Token = Token, TasksFolder = folder.Parent!.FullName }, TimeProvider.System, Ct);
        _scratch.Environment["AZP_URL"] = $"{service.OrganizationUrl}";
        _scratch.Environment["AZP_TOKEN"] = Token;
        _scratch.Environment["XDG_DATA_HOME"] = Data;
        return service;
    }
}
