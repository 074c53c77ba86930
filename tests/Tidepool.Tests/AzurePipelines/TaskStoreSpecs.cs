using System.IO.Compression;
using System.Net;
using Tidepool.AzurePipelines.TaskPackages;
using static Tidepool.Tests.AzurePipelines.ServiceUnderTest;

namespace Tidepool.Tests.AzurePipelines;

public sealed class TaskStoreSpecs : IDisposable
{
    private const string Id = "11111111-2222-4333-8444-555555555555";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-tasks-");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private TaskStore Store => new(_folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_newest_task_that_fits_a_version_is_found_by_name_or_id_with_its_inputs_aliases_and_demands()
    {
        foreach (var version in new[] { "1, \"Minor\": 9, \"Patch\": 0", "1, \"Minor\": 10, \"Patch\": 2", "2, \"Minor\": 0, \"Patch\": 0" })
        {
            await Store.AddAsync(Zip(Definition(version)), Ct);
        }

        Assert.Equal("1.10.2", Store.Find("greet", "1")?.Version);
        Assert.Equal("1.9.0", Store.Find(Id.ToUpperInvariant(), "1.9")?.Version);
        Assert.Null(Store.Find("Greet", "1.1"));
        Assert.Null(Store.Find("Other", "1"));
        var found = Store.Find("Greet", "2")!;
        Assert.Equal(("npm", "name", "who", "12", true), (found.Demands[0], found.Inputs[0].Name, found.Inputs[0].Aliases[0], found.Inputs[1].DefaultValue, found.Inputs[0].IsRequired));
        Assert.Equal(["2.0.0", "1.10.2", "1.9.0"], Store.Pulled.Select(pulled => pulled.Task.Version));
        Assert.Equal(["2.250.1"], Store.All.Where(package => package.Task.Name == "CmdLine").Select(package => package.Task.Version.ToString()));
    }

    [Fact]
    public async Task A_pulled_task_is_served_from_the_next_request_on_and_removed_with_its_folder()
    {
        await using var tested = await StartAsync(options => options with { TasksFolder = _folder.FullName });
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(tested)).StatusCode);

        await Store.AddAsync(Zip(Definition("1, \"Minor\": 9, \"Patch\": 0")), Ct);

        using var zip = new ZipArchive(await (await GetAsync(tested)).Content.ReadAsStreamAsync(Ct));
        Assert.NotNull(zip.GetEntry("task.json"));
        Assert.Single(Store.Remove("Greet", null));
        Assert.Empty(_folder.EnumerateFileSystemInfos());
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(tested)).StatusCode);
    }

    [Fact]
    public async Task What_is_no_package_is_not_kept()
    {
        var whole = Zip(Definition("1, \"Minor\": 9, \"Patch\": 0")).ToArray();
        var broken = whole.ToArray();
        broken[50] ^= 0xFF;
        foreach (var bytes in new[] { [], "no zip"u8.ToArray(), whole[..^30], broken, Zip("{").ToArray(), Zip("""{"id":"x"}""").ToArray(), Zip("{}").ToArray(), Zip(null).ToArray() })
        {
            await Assert.ThrowsAsync<InvalidDataException>(() => Store.AddAsync(new MemoryStream(bytes), Ct));
        }

        Assert.Empty(_folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories));
    }

    private static string Definition(string version) =>
        $$"""
        {
          "id": "{{Id}}", "name": "Greet", "friendlyName": "Greet somebody", "version": { "Major": {{version}} }, "demands": ["npm"],
          "inputs": [
            { "name": "name", "aliases": ["who"], "type": "string", "label": "Who", "required": true, "defaultValue": "" },
            { "name": "times", "type": "int", "label": "How often", "required": "true", "defaultValue": 12 }
          ],
          "execution": { "Node20_1": { "target": "index.js" } }
        }
        """;

    private static MemoryStream Zip(string? definition)
    {
        var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var writer = new StreamWriter(zip.CreateEntry(definition is null ? "other.json" : "task.json").Open());
            writer.Write(definition);
        }

        packed.Position = 0;
        return packed;
    }

    private static async Task<HttpResponseMessage> GetAsync(ServiceUnderTest tested)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{tested.Service.OrganizationUrl}/_apis/distributedtask/tasks/{Id}/1.9.0");
        request.Headers.Accept.ParseAdd("application/zip; api-version=5.1-preview.1");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($":{Token}")));
        return await http.SendAsync(request, Ct);
    }
}
