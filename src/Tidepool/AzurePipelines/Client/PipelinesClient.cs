using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Repositories;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Explain;

namespace Tidepool.AzurePipelines.Client;

/// <summary>Asks an embedded service of another process, over HTTP.</summary>
internal sealed class PipelinesClient : IDisposable
{
    // Both are processes of one machine.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;
    private readonly Uri _project;
    private readonly string _authorization;

    /// <param name="organization">The organization's URL.</param>
    /// <param name="project">The project's name.</param>
    /// <param name="token">A token of the organization.</param>
    public PipelinesClient(Uri organization, string project, string token)
    {
        _authorization = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($":{token}"))}";
        _project = new($"{organization.AbsoluteUri.TrimEnd('/')}/{Uri.EscapeDataString(project)}/");

        // A run may go for hours without a word. A proxy of the user's is not for this machine.
        _http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = ConnectTimeout }) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = AuthenticationHeaderValue.Parse(_authorization);
    }

    /// <summary>Makes a repository where it is missing, and pushes a snapshot's commit to it.</summary>
    /// <exception cref="ProblemException">RUN004: the service is gone. RUN005: it refused. SERVICE005: git failed.</exception>
    public async Task PushAsync(RepositorySnapshot snapshot, string bareFolder, CancellationToken ct)
    {
        try
        {
            await SendAsync(
                HttpMethod.Post, "_apis/git/repositories", new() { Name = snapshot.Name }, BuildJson.Default.GitRepository, BuildJson.Default.GitRepository, ct);
        }
        catch (RefusedException e) when (e.Status == HttpStatusCode.Conflict)
        {
            // It is there.
        }

        var url = new Uri(_project, $"_git/{Uri.EscapeDataString(snapshot.Name)}");
        await SnapshotPush.RunAsync(bareFolder, url, _authorization, snapshot, ct);
    }

    /// <summary>The id of the pipeline of a file, made where it is missing.</summary>
    /// <param name="repository">A repository that exists.</param>
    /// <param name="path">The file's path in it, without a leading slash.</param>
    /// <param name="ct">Ends the question.</param>
    public async Task<int> PipelineAsync(string repository, string path, CancellationToken ct)
    {
        // One folder for each place of a file, so that pipelines of one name do not meet.
        var folder = $"\\{repository}\\{Path.GetDirectoryName(path)?.Replace('/', '\\')}".TrimEnd('\\');
        string[] names = [Path.GetFileNameWithoutExtension(path), Path.GetFileName(path)];
        foreach (var name in names)
        {
            try
            {
                var made = await SendAsync(
                    HttpMethod.Post,
                    "_apis/pipelines",
                    new()
                    {
                        Name = name,
                        Folder = folder,
                        Configuration = new() { Type = "yaml", Path = path, Repository = new() { Name = repository, Type = "azureReposGit" } },
                    },
                    BuildJson.Default.PipelineResource,
                    BuildJson.Default.PipelineResource,
                    ct);
                return made.Id ?? throw Odd("a pipeline without an id");
            }
            catch (RefusedException e) when (e.Status == HttpStatusCode.Conflict)
            {
                var all = await SendAsync("_apis/pipelines", BuildJson.Default.CollectionPipelineResource, ct);
                if (all.Value.FirstOrDefault(known => known.Folder == folder && known.Configuration?.Path == path) is { Id: { } id })
                {
                    return id;
                }
            }
        }

        throw Odd($"another pipeline for {path}");
    }

    /// <summary>Makes a variable group, or gives the one of that name this content.</summary>
    public async Task SetGroupAsync(string name, IReadOnlyList<GroupVariable> variables, CancellationToken ct)
    {
        const string path = "_apis/distributedtask/variablegroups";
        var wish = new VariableGroupWish
        {
            Name = name,
            Type = VariableGroupWish.Ordinary,
            Variables = variables.ToDictionary(one => one.Name, one => (GroupValue?)new GroupValue { Value = one.Value, IsSecret = one.IsSecret ? true : null }),
        };
        try
        {
            await SendAsync(
                HttpMethod.Post, path, wish, VariableGroupJson.Default.VariableGroupWish, VariableGroupJson.Default.VariableGroupResource, ct);
        }
        catch (RefusedException e) when (e.Status == HttpStatusCode.Conflict)
        {
            var all = await SendAsync(path, VariableGroupJson.Default.CollectionVariableGroupResource, ct);
            var known = all.Value.FirstOrDefault(group => group.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw Odd($"no variable group {name}");
            await SendAsync(
                HttpMethod.Put, $"{path}/{known.Id}", wish, VariableGroupJson.Default.VariableGroupWish, VariableGroupJson.Default.VariableGroupResource, ct);
        }
    }

    /// <summary>Queues a run.</summary>
    /// <exception cref="PipelineNotValidException">The pipeline is not valid.</exception>
    public async Task<PipelineRunResource> QueueAsync(int pipelineId, RunParameters parameters, CancellationToken ct)
    {
        try
        {
            return await SendAsync(
                HttpMethod.Post, $"_apis/pipelines/{pipelineId}/runs", parameters, BuildJson.Default.RunParameters, BuildJson.Default.PipelineRunResource, ct);
        }
        catch (RefusedException e) when (e.Type == Refusal.PipelineNotValidType)
        {
            throw new PipelineNotValidException([.. e.Message.Split('\n').Select(line => new PipelineError(null, line))]);
        }
    }

    /// <summary>Cancels a run; it ends later.</summary>
    public Task<Build> CancelAsync(int runId, CancellationToken ct) => SendAsync(
        HttpMethod.Patch, $"_apis/build/builds/{runId}", new() { Status = "cancelling" }, BuildJson.Default.BuildUpdate, BuildJson.Default.Build, ct);

    /// <summary>Why each node of a run stands as it does.</summary>
    /// <exception cref="RefusedException">There is no such run.</exception>
    public Task<RunExplanation> ExplainAsync(int runId, CancellationToken ct) =>
        SendAsync($"_apis/build/builds/{runId}/{ExplanationApi.Route}", ExplanationJson.Default.RunExplanation, ct);

    /// <summary>All that happens in a run, from its beginning to its end.</summary>
    /// <exception cref="ProblemException">RUN004: the service ended before the run.</exception>
    public async IAsyncEnumerable<RunEvent> FollowAsync(int runId, [EnumeratorCancellation] CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_project, $"_apis/build/builds/{runId}/{BuildsApi.Events}"));
        using var response = await AnsweredAsync(request, ct);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct), Encoding.UTF8);
        while (await LineAsync(reader, ct) is { } line)
        {
            var happened = JsonSerializer.Deserialize(line, RunEventJson.Default.RunEvent) ?? throw Odd("an event that is null");
            yield return happened;
            if (happened is RunFinished)
            {
                yield break;
            }
        }

        throw Gone("it ended before the run did.");
    }

    public void Dispose() => _http.Dispose();

    private static async Task<string?> LineAsync(StreamReader reader, CancellationToken ct)
    {
        try
        {
            return await reader.ReadLineAsync(ct);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Gone(e.Message);
        }
    }

    private Task<TAnswer> SendAsync<TAnswer>(string path, JsonTypeInfo<TAnswer> answer, CancellationToken ct) =>
        ReadAsync(new(HttpMethod.Get, new Uri(_project, path)), answer, ct);

    private async Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> type, JsonTypeInfo<TAnswer> answer, CancellationToken ct)
    {
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = new("application/json");
        return await ReadAsync(new(method, new Uri(_project, path)) { Content = content }, answer, ct);
    }

    private async Task<TAnswer> ReadAsync<TAnswer>(HttpRequestMessage request, JsonTypeInfo<TAnswer> type, CancellationToken ct)
    {
        using (request)
        {
            using var response = await AnsweredAsync(request, ct);
            try
            {
                return await JsonSerializer.DeserializeAsync(await response.Content.ReadAsStreamAsync(ct), type, ct) ?? throw Odd("nothing");
            }
            catch (JsonException e)
            {
                throw Odd(e.Message);
            }
        }
    }

    private async Task<HttpResponseMessage> AnsweredAsync(HttpRequestMessage request, CancellationToken ct)
    {
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException e)
        {
            throw Gone(e.Message);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            WireError? error = null;
            try
            {
                error = await JsonSerializer.DeserializeAsync(await response.Content.ReadAsStreamAsync(ct), ProtocolJson.Default.WireError, ct);
            }
            catch (JsonException)
            {
                // Whatever answers there is no service of ours; its status says all.
            }

            throw new RefusedException(response.StatusCode, error?.TypeKey ?? "", error?.Message ?? $"It answered {(int)response.StatusCode}.");
        }
    }

    private static ProblemException Gone(string why) => new(
        "RUN004", $"The embedded Azure Pipelines service does not answer: {why}", "See what 'tidepool serve' says, or start it again.");

    private static ProblemException Odd(string what) => new(
        "RUN005", $"The embedded Azure Pipelines service answered {what}.", "Let 'tidepool serve' and this command be of one build.");
}

/// <summary>The service refused a request.</summary>
internal sealed class RefusedException(HttpStatusCode status, string type, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    /// <summary>The refusal's type key.</summary>
    public string Type { get; } = type;
}
