using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

/// <summary>
/// The real agent as a process, and a small service that hands it job messages as a test writes them and keeps what it
/// sends: what a job message can say is not limited by what a pipeline can.
/// </summary>
internal sealed class JobServer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<TaskAgentMessage> _messages = new();
    private readonly SemaphoreSlim _waiting = new(0);
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<string>> _ends = new();
    private readonly JobRecords _records = new();
    private readonly JobArtifacts _artifacts = new();
    private readonly ConcurrentQueue<string> _agentLog = new();
    private Process? _agent;
    private int _lastMessage;

    private JobServer(WebApplication app) => _app = app;

    public Guid Project { get; } = Guid.NewGuid();
    public string Url => _app.Urls.First();

    /// <summary>The agent's home.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("tidepool-jobs-").FullName;

    public string Workspace => Path.Combine(Folder, "_work", "1");

    /// <summary>Task packages by id and version.</summary>
    public ConcurrentDictionary<(Guid Id, string Version), byte[]> Tasks { get; } = new();

    /// <summary>Method and address of each call about tasks, builds and containers.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    public ConcurrentDictionary<string, byte[]> Attachments { get; } = new();
    public ConcurrentDictionary<string, MemoryStream> Files => _artifacts.Files;
    public ConcurrentDictionary<string, BuildArtifact> Artifacts => _artifacts.Artifacts;
    public ConcurrentQueue<string> Tags { get; } = new();
    public string BuildNumber { get; private set; } = "1";
    public long LiveLines => _records.LiveLines;

    public static async Task<JobServer> StartAsync(params (string Name, string Value)[] variables)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var server = new JobServer(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        server._agent = server.Launch(await AgentBinary.GetAsync(), variables);
        return server;
    }

    /// <summary>Runs a job of these steps to its end.</summary>
    public Task<JobOutcome> RunAsync(params JobStep[] steps) => RunAsync(new AgentJobRequestMessage { JobId = Guid.NewGuid(), Steps = steps });

    public async Task<JobOutcome> RunAsync(AgentJobRequestMessage job)
    {
        var end = Send(job);
        try
        {
            var result = await end.WaitAsync(Limit, TestContext.Current.CancellationToken);
            return Outcome(job, result);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The job did not end:\n{Outcome(job, "none").Text}\n{string.Join('\n', _agentLog)}");
        }
    }

    /// <summary>Hands out a job; ends with its result.</summary>
    public Task<string> Send(AgentJobRequestMessage job)
    {
        var end = _ends.GetOrAdd(job.JobId, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        Send(TaskAgentMessage.JobRequest, JsonSerializer.Serialize(Whole(job), ProtocolJson.Default.AgentJobRequestMessage));
        return end.Task;
    }

    public void Cancel(Guid job, TimeSpan timeout) =>
        Send(TaskAgentMessage.JobCancellation, JsonSerializer.Serialize(new JobCancelMessage(job, timeout), ProtocolJson.Default.JobCancelMessage));

    public void Send(string type, string body)
    {
        _messages.Enqueue(new() { MessageId = Interlocked.Increment(ref _lastMessage), MessageType = type, Body = body });
        _waiting.Release();
    }

    /// <summary>What is known of a job now.</summary>
    public JobOutcome Outcome(AgentJobRequestMessage job, string result) => _records.Outcome(job, result);

    public IReadOnlyList<TimelineRecord> Timeline(Guid id) => _records.Timeline(id);

    /// <summary>Makes a package of a task.</summary>
    public JobStep AddTask(string name, string version, string definition, params (string Name, string Text)[] files)
    {
        var id = Guid.NewGuid();
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create))
        {
            foreach (var (file, text) in files.Prepend(("task.json", definition)))
            {
                using var target = zip.CreateEntry(file).Open();
                target.Write(Encoding.UTF8.GetBytes(text));
            }
        }
        Tasks[(id, version)] = packed.ToArray();
        return new() { Id = Guid.NewGuid(), Name = name, DisplayName = name, Reference = new() { Id = id, Name = name, Version = version } };
    }

    public static JobStep Bash(string script, string name = "bash") => new()
    {
        Id = Guid.NewGuid(),
        Name = name,
        DisplayName = name,
        Reference = new() { Id = TaskReference.Bash, Name = "Bash", Version = "3.0.0" },
        Inputs = new Dictionary<string, string> { ["targetType"] = "inline", ["script"] = script },
    };

    public static JobStep BuiltIn(Guid task, string name, params (string Name, string Value)[] inputs) => new()
    {
        Id = Guid.NewGuid(),
        Name = name,
        DisplayName = name,
        Reference = new() { Id = task, Name = name, Version = "1.0.0" },
        Inputs = inputs.ToDictionary(input => input.Name, input => input.Value),
    };

    public async ValueTask DisposeAsync()
    {
        if (_agent is { HasExited: false })
        {
            await AgentUnderTest.RunAsync("kill", "-INT", $"{_agent.Id}");
            try
            {
                await _agent.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (TimeoutException)
            {
                _agent.Kill(entireProcessTree: true);
            }
        }
        _agent?.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private AgentJobRequestMessage Whole(AgentJobRequestMessage job)
    {
        var variables = new Dictionary<string, VariableValue>(job.Variables, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in ((string, string)[])
        [
            ("system.teamProjectId", $"{Project}"), ("build.buildId", "7"), ("build.containerId", "3"), ("build.buildNumber", "1"),
            ("system.hosttype", "build"), ("system.culture", "en-US"), ("system.jobIdentifier", "Stage.Job.__default"), ("agent.readOnlyVariables", "true"),
        ])
        {
            variables.TryAdd(name, new() { Value = value });
        }
        return job with
        {
            Plan = new() { ScopeIdentifier = Project, PlanId = Guid.NewGuid(), Version = 14 },
            Timeline = new() { Id = Guid.NewGuid() },
            JobDisplayName = "Job",
            JobName = "Job",
            RequestId = 1,
            Variables = variables,
            Resources = new()
            {
                Repositories = job.Resources.Repositories,
                SecureFiles = job.Resources.SecureFiles,
                Endpoints =
                [
                    .. job.Resources.Endpoints,
                    new()
                    {
                        Name = JobResources.SystemConnection,
                        Url = $"{Url}/",
                        Authorization = new() { Parameters = new Dictionary<string, string> { ["AccessToken"] = "job-token" } },
                    },
                ],
            },
        };
    }

    private Process Launch(string binary, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(binary, ["builtin"]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        start.Environment.Clear();
        foreach (var (name, value) in ((string, string)[])
        [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("HOME", Folder), ("AZP_URL", Url), ("AZP_TOKEN", $"pat{Guid.NewGuid():N}"),
            ("AZP_POOL", "fargate"), ("AZP_AGENT_NAME", "otter"), .. variables,
        ])
        {
            start.Environment[name] = value;
        }
        var agent = Process.Start(start)!;
        agent.OutputDataReceived += (_, line) => _agentLog.Enqueue(line.Data ?? "");
        agent.ErrorDataReceived += (_, line) => _agentLog.Enqueue(line.Data ?? "");
        agent.BeginOutputReadLine();
        agent.BeginErrorReadLine();
        return agent;
    }

    private async Task AnswerAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var bytes = body.ToArray();
        var call = $"{http.Request.Method} {http.Request.Path}";
        if (Regex.IsMatch(call, "/(tasks|builds|Containers)/"))
        {
            Calls.Enqueue($"{call}{http.Request.QueryString} {http.Request.Headers.ContentRange}{http.Request.Headers.ContentEncoding}".TrimEnd());
        }
        object? answer = (http.Request.Method, http.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)) switch
        {
            (_, [.., "connectionData"]) => new { deploymentType = "hosted" },
            ("GET", [.., "pools"]) => new { count = 1, value = new[] { new { id = 1, name = "fargate" } } },
            ("GET", [.., "agents"]) => new { count = 0, value = Array.Empty<object>() },
            ("POST", [.., "agents"]) => new { id = 1, name = "otter", authorization = new { authorizationUrl = $"{Url}/token", clientId = Guid.NewGuid() } },
            ("POST", ["token"]) => new { access_token = "agent-token", expires_in = 3000 },
            ("POST", [.., "sessions"]) => new { sessionId = Guid.NewGuid() },
            ("GET", [.., "messages"]) => await NextAsync(http.RequestAborted),
            ("PATCH", [.., "jobrequests", _]) => new { requestId = 1, lockedUntil = TimeProvider.System.GetUtcNow().AddMinutes(10) },
            ("POST", [.., "timelines"]) => Read(bytes, ProtocolJson.Default.Timeline),
            ("PATCH", [.., "timelines", var timeline, "records"]) => _records.Update(Guid.Parse(timeline), Read(bytes, ProtocolJson.Default.CollectionTimelineRecord)),
            ("POST", [.., "feed"]) => _records.Count(Read(bytes, ProtocolJson.Default.TimelineRecordFeedLines)),
            ("POST", [.., "logs"]) => _records.AddLog(Read(bytes, ProtocolJson.Default.TaskLog)),
            ("POST", [.., "logs", var log]) => _records.Append(int.Parse(log, System.Globalization.CultureInfo.InvariantCulture), bytes),
            ("PUT", [.., "attachments", var type, var name]) => Attachments[$"{type}/{name}"] = bytes,
            ("POST", [.., "events"]) => End(Read(bytes, ProtocolJson.Default.PlanEvent)),
            ("GET", [.., "tasks", var task, var version]) when Tasks.TryGetValue((Guid.Parse(task), version), out var zip) => zip,
            ("PATCH", [.., "builds", "7"]) => BuildNumber = Read(bytes, ProtocolJson.Default.BuildUpdate).BuildNumber!,
            ("POST", [.., "builds", "7", "tags"]) => AddTags(Read(bytes, ProtocolJson.Default.StringArray)),
            ("POST", [.., "builds", "7", "artifacts"]) => _artifacts.AddArtifact(Read(bytes, ProtocolJson.Default.BuildArtifact)),
            ("GET", [.., "builds", "7", "artifacts"]) => List(Artifacts.Values),
            ("PUT", [.., "Containers", "3"]) => _artifacts.Put(http, bytes),
            ("GET", [.., "Containers", "3"]) => _artifacts.GetItem(http),
            ("DELETE", _) => new { },
            _ => (object?)null,
        };
        http.Response.StatusCode = answer is null ? (http.Request.Path.Value.EndsWith("messages", StringComparison.Ordinal) ? 204 : 404) : 200;
        if (answer is byte[] raw)
        {
            await http.Response.Body.WriteAsync(raw, http.RequestAborted);
        }
        else if (answer is not null)
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(JsonSerializer.Serialize(answer, JsonSerializerOptions.Web), http.RequestAborted);
        }
    }

    private static T Read<T>(byte[] body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Deserialize(body, type)!;

    internal static object List<T>(IEnumerable<T> items) => new { count = items.Count(), value = items };

    private async Task<TaskAgentMessage?> NextAsync(CancellationToken ct) =>
        await _waiting.WaitAsync(TimeSpan.FromSeconds(20), ct) && _messages.TryDequeue(out var message) ? message : null;

    private object End(PlanEvent ended)
    {
        _ends.GetOrAdd(ended.JobId, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(ended.Result!);
        return ended;
    }

    private object AddTags(string[] tags)
    {
        foreach (var tag in tags)
        {
            Tags.Enqueue(tag);
        }
        return List(Tags);
    }
}
