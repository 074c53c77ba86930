using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>The service as scalers, scripts with curl, and tasks with a job's token ask it.</summary>
public sealed class RestSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-rest-");
    private readonly HttpClient _http = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_scaler_finds_the_pool_and_counts_what_waits_and_what_runs()
    {
        await using var tested = await StartAsync(options => options with { WaitForAgents = true });
        await tested.Agent("placeholder", ("docker", "/bin/docker")).RegisterAsync();
        tested.Queue(Stage("a", Job("one") with { Pool = Pool("fargate", "docker") }, Job("two") with { Pool = Pool("fargate", "gpu") }));
        var agent = await tested.OnlineAgentAsync("a", ("docker", "/bin/docker"));
        var job = await agent.TakeJobAsync();

        // The requests of KEDA's scaler: https://github.com/kedacore/keda/blob/main/pkg/scalers/azure_pipelines_scaler.go
        var pools = await GetAsync(tested, "_apis/distributedtask/pools?poolName=fargate");
        Assert.Equal((1, 1), ((int)pools["count"]!, (int)pools["value"]![0]!["id"]!));
        await GetAsync(tested, "_apis/distributedtask/pools?poolID=1");
        await GetAsync(tested, "_apis/distributedtask/pools?poolID=2", HttpStatusCode.NotFound);

        var requests = (await GetAsync(tested, "_apis/distributedtask/pools/1/jobrequests?$top=250"))["value"]!.AsArray();
        Assert.Equal(2, requests.Count(request => request!["result"] is null));
        var waiting = requests.Single(request => request!["assignTime"] is null)!;
        Assert.Equal("gpu", (string?)waiting["demands"]![0]);
        Assert.Empty(waiting["matchedAgents"]!.AsArray());

        await job.CompleteAsync();
        Assert.Single((await GetAsync(tested, "_apis/distributedtask/pools/1/jobrequests?completedRequestCount=0"))["value"]!.AsArray());
        Assert.Equal(2, (await GetAsync(tested, "_apis/distributedtask/pools/1/jobrequests"))["value"]!.AsArray().Count);
        Assert.Single((await GetAsync(tested, $"_apis/distributedtask/pools/1/jobrequests?agentId={agent.Registration!.Id}"))["value"]!.AsArray());
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("7.2-preview.7")]
    [InlineData("99.9")]
    public async Task Any_version_of_the_API_is_answered(string version)
    {
        await using var tested = await StartAsync();

        var byQuery = await GetAsync(tested, $"_apis/projects?api-version={version}");
        var byHeader = await GetAsync(tested, "_apis/projects", accept: $"application/json;api-version={version}");

        Assert.Equal("tidepool", (string?)byQuery["value"]![0]!["name"]);
        Assert.Equal(byQuery.ToJsonString(), byHeader.ToJsonString());
    }

    [Fact]
    public async Task A_project_goes_by_its_name_in_any_case_and_by_its_id_and_another_one_is_refused_in_the_services_words()
    {
        await using var tested = await StartAsync();
        var id = (string?)(await GetAsync(tested, "_apis/projects"))["value"]![0]!["id"];

        foreach (var project in new[] { "tidepool", "TIDEPOOL", id })
        {
            Assert.Equal(0, (int)(await GetAsync(tested, $"{project}/_apis/build/builds"))["count"]!);
        }

        var refused = await GetAsync(tested, "other/_apis/build/builds", HttpStatusCode.NotFound);
        Assert.Equal("ProjectDoesNotExistWithNameException", (string?)refused["typeKey"]);
        Assert.StartsWith("TF200016: The following project does not exist: other.", (string?)refused["message"]);
    }

    [Fact]
    public async Task Every_location_that_clients_are_told_has_its_own_id_and_an_area_lists_its_own_only()
    {
        await using var tested = await StartAsync();

        var all = (await SendAsync(tested, HttpMethod.Options, "_apis"))["value"]!.AsArray();
        var build = (await SendAsync(tested, HttpMethod.Options, "_apis/Build"))["value"]!.AsArray();

        Assert.Distinct(all.Select(location => (string?)location!["id"]));
        Assert.NotEmpty(build);
        Assert.All(build, location => Assert.Equal("build", (string?)location!["area"]));
        Assert.Equal(0, (int)(await SendAsync(tested, HttpMethod.Options, "_apis/work"))["count"]!);
    }

    [Fact]
    public async Task Runs_are_listed_newest_first_and_filtered_by_state_result_number_and_definition()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("a");
        foreach (var result in new[] { "succeeded", "failed" })
        {
            var run = tested.Queue(Stage("s", Job("j", Script("step"))));
            await (await agent.TakeJobAsync()).CompleteAsync(result);
            await EndAsync(run);
        }

        tested.Queue(Stage("s", Job("j", Script("step"))));

        await MustListAsync("", 3, 2, 1);
        await MustListAsync("?queryOrder=queueTimeAscending", 1, 2, 3);
        await MustListAsync("?$top=2", 3, 2);
        await MustListAsync("?statusFilter=inProgress,cancelling", 3);
        await MustListAsync("?statusFilter=2", 2, 1);
        await MustListAsync("?resultFilter=failed", 2);
        await MustListAsync("?buildNumber=20260304.2", 2);
        await MustListAsync("?buildNumber=20260304*&definitions=1&branchName=main", 3, 2, 1);
        await MustListAsync("?definitions=2");
        Assert.Equal(2, (int)(await GetAsync(tested, "tidepool/_apis/build/latest/demo"))["id"]!);
        var refused = await GetAsync(tested, "tidepool/_apis/build/builds?statusFilter=lost", HttpStatusCode.BadRequest);
        Assert.StartsWith("statusFilter is 'lost'; known are none, inProgress,", (string?)refused["message"]);

        async Task MustListAsync(string query, params int[] ids) => Assert.Equal(
            ids, (await GetAsync(tested, $"tidepool/_apis/build/builds{query}"))["value"]!.AsArray().Select(build => (int)build!["id"]!));
    }

    [Fact]
    public async Task A_file_comes_in_parts_packed_or_empty_and_goes_out_one_by_one_or_in_a_zip()
    {
        await using var tested = await StartAsync(WithFolder);
        var job = await StartJobAsync(tested);
        var large = new byte[100_000];
        new Random(7).NextBytes(large);

        Assert.Equal(HttpStatusCode.Accepted, await PutAsync(tested, job, "drop/large.bin", large[40_000..], (40_000, 100_000)));
        Assert.Equal(HttpStatusCode.Created, await PutAsync(tested, job, "drop/large.bin", large[..40_000], (0, 100_000)));
        Assert.Equal(HttpStatusCode.Created, await PutAsync(tested, job, "drop/empty", []));
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionMode.Compress))
        {
            await gzip.WriteAsync(large, Ct);
        }

        Assert.Equal(HttpStatusCode.Created, await PutAsync(tested, job, "drop/sub folder/ü.bin", packed.ToArray(), isGzip: true));
        await job.AssociateAsync("drop");

        var items = (await GetAsync(tested, "_apis/resources/Containers/1?itemPath=drop"))["value"]!.AsArray();
        Assert.Equal(
            ["folder drop", "file drop/empty", "file drop/large.bin", "folder drop/sub folder", "file drop/sub folder/ü.bin"],
            items.Select(item => $"{item!["itemType"]} {item["path"]}"));
        Assert.Equal(4, (await GetAsync(tested, "_apis/resources/Containers/1?itemPath=drop&isShallow=true"))["value"]!.AsArray().Count);
        Assert.Equal(large, await BytesAsync(tested, "_apis/resources/Containers/1?itemPath=drop%2Flarge.bin&$format=OctetStream"));
        Assert.Equal(large, await BytesAsync(tested, "_apis/resources/Containers/1?itemPath=drop%2Fsub%20folder%2F%C3%BC.bin&$format=OctetStream"));

        var artifact = await GetAsync(tested, "tidepool/_apis/build/builds/1/artifacts?artifactName=drop");
        using var zip = new ZipArchive(new MemoryStream(await BytesAsync(tested, ((string)artifact["resource"]!["downloadUrl"]!).Split("/local/")[1])));
        Assert.Equal(["drop/empty", "drop/large.bin", "drop/sub folder/ü.bin"], zip.Entries.Select(entry => entry.FullName));
        Assert.Equal(large.Length, zip.GetEntry("drop/large.bin")!.Length);
    }

    [Theory]
    [InlineData("../../escaped")]
    [InlineData("drop/../../../escaped")]
    [InlineData("..\\escaped")]
    [InlineData("drop/\u0001")]
    [InlineData("")]
    public async Task A_file_cannot_leave_its_container(string path)
    {
        await using var tested = await StartAsync(WithFolder);
        var job = await StartJobAsync(tested);

        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(tested, job, path, [1]));

        Assert.Empty(Directory.EnumerateFiles(_folder.FullName, "escaped", SearchOption.AllDirectories));
        await GetAsync(tested, $"_apis/resources/Containers/1?itemPath={Uri.EscapeDataString($"../{path}")}", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_part_that_is_not_as_long_as_it_says_and_a_folder_in_a_files_place_are_refused()
    {
        await using var tested = await StartAsync(WithFolder);
        var job = await StartJobAsync(tested);

        Assert.Equal(HttpStatusCode.BadRequest, await PutAsync(tested, job, "drop/a", [1, 2], range: (0, 9), claimed: 5));
        Assert.Equal(HttpStatusCode.Created, await PutAsync(tested, job, "drop/a", [1]));
        Assert.Equal(HttpStatusCode.Conflict, await PutAsync(tested, job, "drop/a/b", [1]));
        Assert.Equal(HttpStatusCode.Conflict, await PutAsync(tested, job, "drop", [1]));
        Assert.Equal(HttpStatusCode.Created, await PutAsync(tested, job, "drop/a", [2]));
        Assert.Equal([2], await BytesAsync(tested, "_apis/resources/Containers/1?itemPath=drop/a&$format=OctetStream"));
    }

    [Fact]
    public async Task A_job_writes_onto_its_own_run_only()
    {
        await using var tested = await StartAsync(WithFolder);
        var job = await StartJobAsync(tested);
        tested.Queue(Stage("s", Job("j", Script("step"))));

        foreach (var (method, path, body) in new[]
        {
            (HttpMethod.Put, "_apis/resources/Containers/2?itemPath=a", "x"),
            (HttpMethod.Post, "tidepool/_apis/build/builds/2/artifacts", """{"name":"d","resource":{"type":"Container","data":"#/2/d"}}"""),
            (HttpMethod.Patch, "tidepool/_apis/build/builds/2", """{"buildNumber":"x"}"""),
            (HttpMethod.Patch, "tidepool/_apis/build/builds/1", """{"status":"cancelling"}"""),
            (HttpMethod.Post, "tidepool/_apis/build/builds/2/tags", """["x"]"""),
            (HttpMethod.Patch, "tidepool/_apis/build/builds/2/properties", """{"a":1}"""),
        })
        {
            await SendAsync(tested, method, path, body, HttpStatusCode.Forbidden, job.Token);
        }

        await SendAsync(tested, HttpMethod.Post, "tidepool/_apis/build/builds/1/artifacts", """{"name":"d","resource":{"type":"Container","data":"#/2/d"}}""", HttpStatusCode.BadRequest, job.Token);
        await SendAsync(tested, HttpMethod.Patch, "tidepool/_apis/build/builds/1", """{"buildNumber":"a/b"}""", HttpStatusCode.BadRequest, job.Token);
    }

    [Fact]
    public async Task What_a_run_writes_is_told_without_its_secrets()
    {
        await using var tested = await StartAsync(WithFolder);
        var agent = await tested.OnlineAgentAsync("a");
        tested.Queue(request => request with { Secrets = new Dictionary<string, string> { ["word"] = "hushhush" } }, Stage("s", Job("j", Script("step"))));
        var job = await agent.TakeJobAsync();

        await job.TagAsync("hushhush");
        await job.NumberAsync("n-hushhush");
        await job.PostLogAsync(job.Step("step").Id, "it is hushhush\nlast\n");

        var build = await GetAsync(tested, "tidepool/_apis/build/builds/1");
        Assert.Equal(("n-***", "***"), ((string?)build["buildNumber"], (string?)build["tags"]![0]));
        using var zip = new ZipArchive(new MemoryStream(await BytesAsync(tested, "tidepool/_apis/build/builds/1/logs?$format=zip")));
        using var log = new StreamReader(await zip.GetEntry("1.txt")!.OpenAsync(Ct));
        Assert.Equal("it is ***\nlast\n", await log.ReadToEndAsync(Ct));
        Assert.Equal(["last"], (await GetAsync(tested, "tidepool/_apis/build/builds/1/logs/1?startLine=2"))["value"]!.AsArray().Select(line => (string?)line));
        Assert.Equal("it is ***\n", Encoding.UTF8.GetString(await BytesAsync(tested, "tidepool/_apis/build/builds/1/logs/1?endLine=1")));
    }

    [Fact]
    public async Task A_job_that_is_queued_after_the_number_changed_gets_the_new_one()
    {
        await using var tested = await StartAsync();
        var agent = await tested.OnlineAgentAsync("a");
        tested.Queue(Stage("s", Job("j", Script("step")), Job("k", Script("step")) with { DependsOn = ["j"] }));
        var job = await agent.TakeJobAsync();

        await job.NumberAsync("2.0");
        await job.CompleteAsync();

        Assert.Equal("2.0", (await agent.TakeJobAsync()).Message.Variables["build.buildNumber"].Value);
    }

    private static async Task<ScriptedJob> StartJobAsync(ServiceUnderTest tested)
    {
        var agent = await tested.OnlineAgentAsync("a");
        tested.Queue(Stage("s", Job("j", Script("step"))));
        return await agent.TakeJobAsync();
    }

    private Tidepool.AzurePipelines.PipelinesServiceOptions WithFolder(Tidepool.AzurePipelines.PipelinesServiceOptions options) =>
        options with { WorkFolder = Path.Combine(_folder.FullName, "work") };

    private async Task<HttpStatusCode> PutAsync(
        ServiceUnderTest tested, ScriptedJob job, string path, byte[] content, (int Start, int Total)? range = null, bool isGzip = false, int? claimed = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{tested.Service.OrganizationUrl}/_apis/resources/Containers/1?itemPath={Uri.EscapeDataString(path)}&scope={Guid.Empty}");
        request.Headers.Authorization = new("Bearer", job.Token);
        request.Content = new ByteArrayContent(content);
        if (range is { } at)
        {
            request.Content.Headers.ContentRange = new(at.Start, at.Start + (claimed ?? content.Length) - 1, at.Total);
        }

        if (isGzip)
        {
            request.Content.Headers.ContentEncoding.Add("gzip");
        }

        using var answer = await _http.SendAsync(request, Ct);
        return answer.StatusCode;
    }

    private async Task<byte[]> BytesAsync(ServiceUnderTest tested, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{tested.Service.OrganizationUrl}/{path}");
        request.Headers.Authorization = Basic(Token);
        using var answer = await _http.SendAsync(request, Ct);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsByteArrayAsync(Ct);
    }

    private Task<JsonNode> GetAsync(ServiceUnderTest tested, string path, HttpStatusCode status = HttpStatusCode.OK, string accept = "application/json") =>
        SendAsync(tested, HttpMethod.Get, path, body: null, status, Token, accept);

    private async Task<JsonNode> SendAsync(
        ServiceUnderTest tested,
        HttpMethod method,
        string path,
        string? body = null,
        HttpStatusCode status = HttpStatusCode.OK,
        string token = Token,
        string accept = "application/json")
    {
        using var request = new HttpRequestMessage(method, $"{tested.Service.OrganizationUrl}/{path}");
        request.Headers.Authorization = Basic(token);
        request.Headers.Accept.ParseAdd(accept);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.SendAsync(request, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(status == answer.StatusCode, $"{method} {path} answered {answer.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    private static AuthenticationHeaderValue Basic(string token) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{token}")));
}
