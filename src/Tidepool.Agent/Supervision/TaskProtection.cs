using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Tidepool.Agent.Registration;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Supervision;

/// <summary>What task protection needs to know of this container.</summary>
internal sealed record TaskProtectionSettings
{
    /// <summary>Where the image has the volume that the agents of a task share.</summary>
    public const string SharedVolume = "/shared-storage";

    /// <summary>Base of the ECS agent endpoint (ECS_AGENT_URI); null outside of ECS: then there is nothing to protect.</summary>
    public required string? AgentUri { get; init; }

    /// <summary>The ECS task; null outside of ECS.</summary>
    public required TaskFacts? EcsTask { get; init; }

    /// <summary>Name of this container or of its agent.</summary>
    public required string Agent { get; init; }

    /// <summary>Folder of the shared volume. Where there is none, each agent protects the task for itself alone.</summary>
    public string Volume { get; init; } = SharedVolume;

    /// <summary>Hears what the user should know.</summary>
    public Action<string> Warn { get; init; } = AgentLog.Warning;

    /// <inheritdoc cref="Warn"/>
    public Action<string> Tell { get; init; } = AgentLog.Info;
}

/// <summary>
/// Keeps ECS from stopping this task for scale-in or a deployment while any of its agents runs a job. Protection is the task's, not
/// the container's, so the agents of a task agree over a folder of their shared volume: who begins a job protects the task, and the
/// last one that ends its job lets it go. A call that fails is logged once, and the job goes on.
/// </summary>
/// <remarks>
/// It holds for <see cref="Minutes"/> and is renewed well before, so that a crash of everything delays a deployment by no more than
/// that. It does not keep off StopTask, Fargate Spot and the retirement of a task. Source:
/// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html and, for the endpoint,
/// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
/// </remarks>
internal sealed class TaskProtection : IAsyncDisposable
{
    /// <summary>ECS takes 1 to 2880 minutes.</summary>
    public const int Minutes = 60;

    private static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

    private readonly TaskProtectionSettings _settings;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http = WireClient.MakeLocalHttp();
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<string> _said = [];
    private readonly ITimer _renewal;
    private BusyAgents? _agents;
    private bool _runsJob;

    public TaskProtection(TaskProtectionSettings settings, TimeProvider clock)
    {
        (_settings, _clock) = (settings, clock);
        _renewal = clock.CreateTimer(_ => _ = RenewAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (settings is { AgentUri: not null, EcsTask.TaskId: { } taskId } && Directory.Exists(settings.Volume))
        {
            _agents = new(BusyAgents.FolderOf(settings.Volume, taskId), settings.Agent, clock);
        }
    }

    /// <summary>Before the first job: lets go of a protection that an agent which crashed here has left, if no agent of the task runs a job.</summary>
    public Task StartAsync(CancellationToken ct) => ChangeAsync(
        async turn =>
        {
            if (MayLetGo(turn) && await CallAsync(HttpMethod.Get, body: null, ct) is { IsProtected: true })
            {
                await LetGoAsync(ct);
            }
        },
        ct);

    /// <summary>This agent begins a job.</summary>
    public Task JobStartedAsync(CancellationToken ct) => ChangeAsync(
        async _ =>
        {
            _runsJob = true;
            WithFolder(agents => agents.Enter());
            await ProtectAsync(ct);
        },
        ct);

    /// <summary>This agent has ended its job.</summary>
    public Task JobEndedAsync(CancellationToken ct) => ChangeAsync(
        async turn =>
        {
            _runsJob = false;
            _renewal.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            WithFolder(agents => agents.Leave());
            if (MayLetGo(turn))
            {
                await LetGoAsync(ct);
            }
        },
        ct);

    /// <summary>Ends the renewal. A job that still runs keeps the protection until it ends by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _renewal.DisposeAsync();
        await _oneAtATime.WaitAsync();
        _agents?.Dispose();
        _http.Dispose();
        _oneAtATime.Dispose();
        _end.Dispose();
    }

    private async Task RenewAsync()
    {
        try
        {
            await ChangeAsync(
                async _ =>
                {
                    if (_runsJob)
                    {
                        WithFolder(agents => agents.Enter());
                        await ProtectAsync(_end.Token);
                    }
                },
                _end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The end.
        }
    }

    /// <summary>One change at a time: of this process, and of the agents that share the folder.</summary>
    private async Task ChangeAsync(Func<bool, Task> change, CancellationToken ct)
    {
        if (_settings.AgentUri is null)
        {
            return;
        }
        await _oneAtATime.WaitAsync(ct);
        try
        {
            using var turn = await TakeTurnAsync(ct);
            await change(turn is not null);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task<IDisposable?> TakeTurnAsync(CancellationToken ct)
    {
        try
        {
            return _agents is null ? null : await _agents.TakeTurnAsync(ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GoAlone(e);
            return null;
        }
    }

    private void WithFolder(Action<BusyAgents> act)
    {
        try
        {
            if (_agents is { } agents)
            {
                act(agents);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GoAlone(e);
        }
    }

    private void GoAlone(Exception e)
    {
        _agents?.Dispose();
        _agents = null;
        SayOnce($"The agents of this task cannot agree over {_settings.Volume}: {e.Message.TrimEnd('.')}. {Alone}");
    }

    private const string Alone =
        "Each one protects the task for itself, and protection is not let go after a job but ends by itself within 30 minutes; until then scale-in and deployments wait.";

    /// <summary>Whether nobody needs the protection: no other agent of the task is busy, or there is no other.</summary>
    private bool MayLetGo(bool inTurn)
    {
        if (_runsJob)
        {
            return false;
        }
        if (_agents is null)
        {
            if (_settings.EcsTask is not { Containers: 1 })
            {
                SayOnce($"The containers of this task share no volume at {_settings.Volume}. {Alone}");
                return false;
            }
            return true;
        }
        var othersAreBusy = true;
        WithFolder(agents => othersAreBusy = !inTurn || agents.OthersAreBusy());
        return !othersAreBusy;
    }

    private async Task ProtectAsync(CancellationToken ct)
    {
        var answer = await CallAsync(
            HttpMethod.Put, string.Create(CultureInfo.InvariantCulture, $$"""{"ProtectionEnabled":true,"ExpiresInMinutes":{{Minutes}}}"""), ct);
        _renewal.Change(answer is null ? TryAgainAfter : RenewAfter, Timeout.InfiniteTimeSpan);
    }

    private Task LetGoAsync(CancellationToken ct) => CallAsync(HttpMethod.Put, """{"ProtectionEnabled":false}""", ct);

    /// <summary>Calls the endpoint; null when that did not do, which was said then.</summary>
    private async Task<Answer?> CallAsync(HttpMethod method, string? body, CancellationToken ct)
    {
        using var limited = new CancellationTokenSource(CallLimit, _clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limited.Token);
        try
        {
            using var request = new HttpRequestMessage(method, $"{_settings.AgentUri!.TrimEnd('/')}/task-protection/v1/state");
            request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await _http.SendAsync(request, linked.Token);
            var answer = Answer.Read(await response.Content.ReadAsByteArrayAsync(linked.Token));
            if (response.IsSuccessStatusCode && answer.Refusal is null)
            {
                return answer;
            }
            if (answer.Refusal == "TASK_NOT_VALID")
            {
                TellOnce("This task belongs to no service, so nothing scales it in and it needs no protection.");
                return null;
            }
            SayOnce($"ECS did not answer the call for task protection as wished: {answer.Refusal ?? $"status {(int)response.StatusCode}"}. {Consequence(response.StatusCode)}");
        }
        catch (Exception e) when (e is HttpRequestException or UriFormatException or InvalidOperationException)
        {
            SayOnce($"The task protection endpoint {_settings.AgentUri} could not be reached: {e.Message.TrimEnd('.')}. {Unprotected}");
        }
        catch (OperationCanceledException) when (limited.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            SayOnce($"The task protection endpoint {_settings.AgentUri} did not answer within {CallLimit.TotalSeconds:0} s. {Unprotected}");
        }
        return null;
    }

    private const string Unprotected = "Jobs go on, and scale-in or a deployment may stop the task while they run.";

    private static string Consequence(HttpStatusCode status) => status is HttpStatusCode.Forbidden or HttpStatusCode.BadRequest
        ? $"Give the task role ecs:UpdateTaskProtection and ecs:GetTaskProtection. {Unprotected}"
        : Unprotected;

    private void SayOnce(string text) => Once(text, _settings.Warn);

    private void TellOnce(string text) => Once(text, _settings.Tell);

    private void Once(string text, Action<string> say)
    {
        if (_said.Add(text))
        {
            say(text);
        }
    }

    /// <summary>What the endpoint said: <c>protection</c>, <c>failure</c> or <c>error</c>.</summary>
    /// <param name="Refusal">The failure's reason, or the error's code and message; null when there is none.</param>
    private sealed record Answer(bool IsProtected, string? Refusal)
    {
        /// <remarks>A failure comes with status 200. Source: https://github.com/aws/amazon-ecs-agent, ecs-agent/tmds/handlers/taskprotection</remarks>
        public static Answer Read(byte[] body)
        {
            try
            {
                using var json = JsonDocument.Parse(body);
                return json.RootElement is not { ValueKind: JsonValueKind.Object } root ? new(false, "it was not an object")
                    : Part(root, "failure") is { } failure ? new(false, Text(failure, "Reason") ?? "a failure without a reason")
                    : Part(root, "error") is { } error ? new(false, $"{Text(error, "Code")}: {Text(error, "Message")}".TrimEnd('.'))
                    : Part(root, "protection") is { } protection
                    ? new(protection.TryGetProperty("ProtectionEnabled", out var enabled) && enabled.ValueKind == JsonValueKind.True, null)
                    : new(false, "it spoke of no protection");
            }
            catch (JsonException)
            {
                return new(false, "it was not JSON");
            }
        }

        private static JsonElement? Part(JsonElement root, string name) =>
            root.TryGetProperty(name, out var part) && part.ValueKind == JsonValueKind.Object ? part : null;

        private static string? Text(JsonElement part, string name) =>
            part.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
    }
}
