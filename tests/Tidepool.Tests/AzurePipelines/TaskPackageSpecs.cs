using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Tidepool.AgentProtocol;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class TaskPackageSpecs
{
    private const string CmdLine = "d9bafed4-0b18-4f58-968d-86655b4d2ce9";
    private const string Bash = "6c731c3c-3c68-459a-a5c9-bde6e6595b5b";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(CmdLine, "CmdLine", "2.250.1")]
    [InlineData(Bash, "Bash", "3.250.1")]
    public async Task The_tasks_of_script_steps_are_listed_and_packed(string id, string name, string version)
    {
        await using var tested = await StartAsync();

        using var list = await GetAsync(tested, $"{id}", "application/json");
        using var one = await GetAsync(tested, $"{id}/{version}", "application/json");
        using var zip = await PackageAsync(tested, id, version);

        var listed = (await list.Content.ReadFromJsonAsync<JsonNode>(Ct))!["value"]!.AsArray().Single()!;
        using var entry = await zip.GetEntry("task.json")!.OpenAsync(Ct);
        var packed = (await JsonNode.ParseAsync(entry, cancellationToken: Ct))!;
        Assert.Equal((id, name, version), ((string?)listed["id"], (string?)listed["name"], Version(listed, "major", "minor", "patch")));
        Assert.Equal((id, name, version), ((string?)packed["id"], (string?)packed["name"], Version(packed, "Major", "Minor", "Patch")));
        Assert.Equal(id, (string?)(await one.Content.ReadFromJsonAsync<JsonNode>(Ct))!["id"]);
        Assert.Equal(["Node10", "Node16", "Node20_1", "Node24"], packed["execution"]!.AsObject().Select(handler => handler.Key));
        Assert.All(packed["execution"]!.AsObject(), handler => Assert.NotNull(zip.GetEntry((string)handler.Value!["target"]!)));
    }

    [Fact]
    public async Task Another_task_or_version_is_not_there()
    {
        await using var tested = await StartAsync();

        using var none = await GetAsync(tested, $"{Guid.Empty}", "application/json");
        using var unknown = await GetAsync(tested, $"{CmdLine}/2.250.2", "application/zip");

        Assert.Equal(0, (int?)(await none.Content.ReadFromJsonAsync<JsonNode>(Ct))!["count"]);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("TaskDefinitionNotFoundException", (await unknown.Content.ReadFromJsonAsync<WireError>(Ct))!.TypeKey);
    }

    [Fact]
    public async Task A_script_runs_in_its_folder_without_what_the_agent_gave_the_task()
    {
        var (exitCode, output, errors) = await RunAsync(CmdLine, "2.250.1", folder => new()
        {
            ["INPUT_SCRIPT"] = "pwd\necho to-errors >&2\nenv | grep -c -E '^(INPUT|ENDPOINT)_'\necho \"$COLOUR\"",
            ["INPUT_WORKINGDIRECTORY"] = Directory.CreateDirectory(Path.Combine(folder, "inner")).FullName,
            ["ENDPOINT_AUTH_SYSTEMVSSCONNECTION"] = "token",
            ["COLOUR"] = "blue",
        });

        Assert.Equal(0, exitCode);
        Assert.EndsWith("/inner\n0\nblue\n", output);
        Assert.Equal("to-errors\n", errors);
        Assert.DoesNotContain("##vso", output);
    }

    [Fact]
    public async Task A_script_that_fails_fails_the_task()
    {
        var (exitCode, output, _) = await RunAsync(CmdLine, "2.250.1", _ => new() { ["INPUT_SCRIPT"] = "exit 3" });

        Assert.NotEqual(0, exitCode);
        Assert.Contains("##vso[task.logissue type=error]Bash exited with code '3'.\n", output);
        Assert.Contains("##vso[task.complete result=Failed;]", output);
    }

    [Theory]
    [InlineData("true", false)]
    [InlineData("false", true)]
    public async Task Standard_error_fails_the_task_only_where_the_step_says_so(string failOnStderr, bool succeeds)
    {
        var (exitCode, output, errors) = await RunAsync(Bash, "3.250.1", _ => new()
        {
            ["INPUT_TARGETTYPE"] = "inline",
            ["INPUT_SCRIPT"] = "echo 100% broken >&2",
            ["INPUT_FAILONSTDERR"] = failOnStderr,
        });

        Assert.Equal((succeeds, succeeds), (exitCode == 0, !output.Contains("##vso[task.complete result=Failed;]", StringComparison.Ordinal)));
        Assert.Equal(!succeeds, output.Contains("##vso[task.logissue type=error]100%AZP25 broken\n", StringComparison.Ordinal));
        Assert.Equal("100% broken\n", errors);
    }

    [Fact]
    public async Task A_file_gets_its_arguments()
    {
        var (exitCode, output, _) = await RunAsync(Bash, "3.250.1", folder =>
        {
            File.WriteAllText(Path.Combine(folder, "it's.sh"), "echo \"$# $2\"");
            return new() { ["INPUT_TARGETTYPE"] = "filePath", ["INPUT_FILEPATH"] = "./it's.sh", ["INPUT_ARGUMENTS"] = "one 'two three'" };
        });

        Assert.Equal(0, exitCode);
        Assert.EndsWith("2 two three\n", output);
    }

    [Fact]
    public async Task A_missing_working_directory_fails_the_task()
    {
        var (exitCode, output, _) = await RunAsync(
            Bash, "3.250.1", _ => new() { ["INPUT_SCRIPT"] = "true", ["INPUT_WORKINGDIRECTORY"] = "nowhere" });

        Assert.NotEqual(0, exitCode);
        Assert.Contains("##vso[task.logissue type=error]Not found workingDirectory: ", output);
    }

    [Fact]
    public async Task A_signal_reaches_what_the_script_started()
    {
        var (exitCode, output, _) = await RunAsync(
            CmdLine,
            "2.250.1",
            _ => new() { ["INPUT_SCRIPT"] = "sh -c 'echo started; exec sleep 600'\necho not-reached" },
            async node =>
            {
                while (await node.StandardOutput.ReadLineAsync(Ct) is { } line && line != "started")
                {
                }

                using var kill = Process.Start("kill", ["-INT", $"{node.Id}"]);
                await kill.WaitForExitAsync(Ct);
            });

        Assert.NotEqual(0, exitCode);
        Assert.Contains("Bash was ended by signal 'SIGINT'.", output);
        Assert.DoesNotContain("not-reached", output);
    }

    private static string Version(JsonNode task, params string[] parts) =>
        string.Join('.', parts.Select(part => (int)task["version"]![part]!));

    private static async Task<HttpResponseMessage> GetAsync(ServiceUnderTest tested, string path, string accept)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{tested.Service.OrganizationUrl}/_apis/distributedtask/tasks/{path}");
        request.Headers.Accept.ParseAdd($"{accept}; api-version=5.1-preview.1");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{Token}")));
        return await http.SendAsync(request, Ct);
    }

    private static async Task<ZipArchive> PackageAsync(ServiceUnderTest tested, string id, string version)
    {
        using var response = await GetAsync(tested, $"{id}/{version}", "application/zip");
        Assert.Equal("application/zip", response.Content.Headers.ContentType?.MediaType);
        return new(new MemoryStream(await response.Content.ReadAsByteArrayAsync(Ct)));
    }

    /// <summary>Fetches a task, unpacks it and runs it with Node as an agent does.</summary>
    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string id, string version, Func<string, Dictionary<string, string>> environment, Func<Process, Task>? meanwhile = null)
    {
        var paths = Environment.GetEnvironmentVariable("PATH")!.Split(':');
        Assert.SkipUnless(paths.Any(path => File.Exists(Path.Combine(path, "node"))), "There is no node on the PATH.");
        await using var tested = await StartAsync();
        using var zip = await PackageAsync(tested, id, version);
        var root = Directory.CreateTempSubdirectory("tidepool-task-");
        try
        {
            var (task, sources, temp) = (root.CreateSubdirectory("task"), root.CreateSubdirectory("s"), root.CreateSubdirectory("temp"));
            await zip.ExtractToDirectoryAsync(task.FullName, Ct);
            var start = new ProcessStartInfo("node", [Path.Combine(task.FullName, "index.js")])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = task.FullName,
            };
            start.Environment["AGENT_TEMPDIRECTORY"] = temp.FullName;
            start.Environment["SYSTEM_DEFAULTWORKINGDIRECTORY"] = sources.FullName;
            foreach (var (name, value) in environment(sources.FullName))
            {
                start.Environment[name] = value;
            }

            return await EndAsync(Process.Start(start)!, temp, meanwhile ?? (_ => Task.CompletedTask));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static async Task<(int ExitCode, string Output, string Errors)> EndAsync(
        Process node, DirectoryInfo temp, Func<Process, Task> meanwhile)
    {
        using var running = node;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        try
        {
            var errors = node.StandardError.ReadToEndAsync(limit.Token);
            await meanwhile(node).WaitAsync(limit.Token);
            var output = await node.StandardOutput.ReadToEndAsync(limit.Token);
            await node.WaitForExitAsync(limit.Token);
            Assert.All(temp.EnumerateFiles(), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode));
            return (node.ExitCode, output, await errors);
        }
        finally
        {
            if (!node.HasExited)
            {
                node.Kill(entireProcessTree: true);
            }
        }
    }
}
