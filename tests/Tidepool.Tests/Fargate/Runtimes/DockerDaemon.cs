using System.Diagnostics;
using Docker.DotNet;
using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Runtimes.Engine;
using Tidepool.Tests.Agent;
using Tidepool.Tests.Fargate.Runtimes;

[assembly: AssemblyFixture(typeof(DockerDaemon))]

namespace Tidepool.Tests.Fargate.Runtimes;

/// <summary>
/// A real container engine for the tests that want one: started with the first of them, in namespaces of its own, so that nothing of it is
/// seen outside and all of it ends with it.
/// </summary>
public sealed class DockerDaemon : IAsyncDisposable
{
    private const string Program = "/usr/sbin/dockerd";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly StarterThread _starter = new();
    private readonly string _group = $"/tidepool-tests-{Guid.NewGuid():n}";
    private string? _root;
    private Process? _process;
    private bool _ready;

    /// <summary>Its socket, once <see cref="StartAsync"/> has answered.</summary>
    public Uri Socket => new($"unix://{_root}/engine.sock");

    /// <summary>Starts the engine and gives it the tests' images, unless that has been done.</summary>
    public async Task StartAsync()
    {
        Assert.SkipUnless(LinuxCalls.EffectiveUid == 0, "A container engine of one's own takes root.");
        Assert.True(File.Exists(Program), "There is no dockerd. ./prerequisites.sh test installs it.");
        await _turn.WaitAsync(FargateRig.Ct);
        try
        {
            if (!_ready)
            {
                await StartOnceAsync();
                _ready = true;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A folder where the engine sees what is mounted later, as it does everywhere when it runs as a service of the machine.</summary>
    private string Shared => $"{_root}/shared";

    /// <summary>A local Fargate on the engine.</summary>
    internal async Task<FargateRig> RigAsync(Func<FargateOptions, FargateOptions>? change = null)
    {
        await StartAsync();
        var agent = await AgentBinary.GetAsync();
        return await FargateRig.StartAsync(options => (change ?? (same => same))(options with { Engine = Socket, AgentBinary = agent }), parent: Shared);
    }

    /// <summary>Kills the engine and all that runs in it, and starts it again over what it has.</summary>
    internal async Task CrashAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(FargateRig.Ct);
        _process.Dispose();

        // What a machine that starts again does not have either.
        Directory.Delete($"{_root}/exec", recursive: true);
        await LaunchAsync();
    }

    /// <summary>Lets users who are not root use the engine.</summary>
    internal void LetEveryoneIn()
    {
        LinuxCalls.Chmod(_root!, (UnixFileMode)0x1ed); // 0755
        LinuxCalls.Chmod(Socket.AbsolutePath, (UnixFileMode)0x1b6); // 0666
    }

    /// <summary>A client of the engine.</summary>
    internal DockerClient Connect() => EngineSocket.Connect(Socket);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _starter.Dispose();
        _turn.Dispose();
        if (_root is not null)
        {
            Mounts.UnmountUnder(_root);
            Directory.Delete(_root, recursive: true);
            foreach (var group in Directory.GetDirectories("/sys/fs/cgroup", _group[1..], SearchOption.AllDirectories)
                .SelectMany(group => Directory.GetDirectories(group, "*", SearchOption.AllDirectories).Append(group))
                .OrderByDescending(group => group.Length))
            {
                // Made by the engine for its containers; without processes in it, it can go.
                Directory.Delete(group);
            }
        }
    }

    private async Task StartOnceAsync()
    {
        if (_process is null)
        {
            _root = Directory.CreateTempSubdirectory("tidepool-dockerd-").FullName;
            Directory.CreateDirectory(Shared);
            foreach (var arguments in (string[][])[["--bind", Shared, Shared], ["--make-shared", Shared]])
            {
                using var mount = Process.Start("mount", arguments);
                await mount.WaitForExitAsync(FargateRig.Ct);
            }

            await LaunchAsync();
        }

        using var client = Connect();
        await TestImage.LoadAsync(client, FargateRig.Ct);
    }

    private async Task LaunchAsync()
    {
        File.Delete($"{_root}/dockerd.pid");
        var info = new ProcessStartInfo("/usr/bin/setpriv")
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])
        [
            "--pdeathsig", "KILL", "--", "unshare", "--net", "--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--",
            Program, "--data-root", $"{_root}/data", "--exec-root", $"{_root}/exec", "--pidfile", $"{_root}/dockerd.pid",
            "--host", Socket.OriginalString, "--cgroup-parent", _group, "--log-level", "warn", "--shutdown-timeout", "1",
        ])
        {
            info.ArgumentList.Add(argument);
        }

        _process = await _starter.StartAsync(info);
        var log = new List<string>();
        foreach (var lines in new[] { _process.StandardOutput, _process.StandardError })
        {
            _ = Task.Run(async () =>
            {
                while (await lines.ReadLineAsync() is { } line)
                {
                    lock (log)
                    {
                        log.Add(line);
                    }
                }
            });
        }

        using var client = Connect();
        await Condition.UntilAsync(
            () => _process.HasExited || Answers(client), "the engine's answer");
        Assert.False(_process.HasExited, string.Join('\n', log));
    }

    private static bool Answers(DockerClient client)
    {
        try
        {
            client.System.PingAsync(FargateRig.Ct).GetAwaiter().GetResult();
            return true;
        }
        catch (Exception e) when (EngineWords.IsGone(e) || e is DockerApiException)
        {
            return false;
        }
    }

    private async Task StopAsync()
    {
        if (_process is null)
        {
            return;
        }

        // unshare's child is the engine; when that is gone, nothing is left in its namespace.
        foreach (var engine in ProcessIdentity.ChildrenOf(_process.Id))
        {
            LinuxCalls.Signal(engine, LinuxCalls.SigTerm);
        }

        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(FargateRig.Limit);
        _process.Dispose();
        _process = null;
    }
}
