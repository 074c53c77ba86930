using Tidepool.Agent.Posix;
using Tidepool.Agent.Token;

namespace Tidepool.Agent.Supervision;

/// <summary>Puts the agent into its pool with its own <c>config.sh</c>, the one process that is given the token.</summary>
/// <param name="name">The agent's name in the pool.</param>
/// <param name="environment">The listener's, which holds no secret.</param>
internal sealed class AgentConfiguration(
    AgentSettings settings,
    string name,
    AgentFolder folder,
    IReadOnlyDictionary<string, string> environment,
    PoolAgentClient pool,
    TokenSource token,
    ChildReaper reaper,
    TimeProvider clock)
{
    /// <summary>How long one try may take. Of some refusals of the service Microsoft's agent never tires.</summary>
    private static readonly TimeSpan TryLimit = TimeSpan.FromMinutes(2);

    /// <summary>How long a live agent of the same name may be in the way.</summary>
    private static readonly TimeSpan NameLimit = TimeSpan.FromMinutes(2);
    private const int MostTries = 3;

    /// <returns>The agent as its pool knows it.</returns>
    /// <exception cref="AgentException">The pool, the token or the name is not to be had, or <c>config.sh</c> failed.</exception>
    public async Task<PoolAgent> RunAsync(CancellationToken ct)
    {
        await FreeNameAsync(token => pool.FindAsync(settings.Pool, name, token), ct);
        for (var tries = 1; ; tries++)
        {
            folder.Forget();
            var secret = await token.TokenAsync(ct);
            var (code, words) = await ConfigureAsync(secret, ct);
            if (code == 0)
            {
                break;
            }
            if (tries == MostTries)
            {
                throw new AgentException(
                    "AGENT012",
                    $"{AgentFolder.Config} could not configure the agent; its last try ended with exit code {code}: \"{words}\".",
                    "Do what its words say.");
            }
            AgentLog.Warning($"{AgentFolder.Config} ended with exit code {code} and is tried again.");
            await Task.Delay(RestartPolicy.DelayAfter(tries), clock, ct);
        }
        var agent = await pool.FindAsync(settings.Pool, name, ct) ?? throw new AgentException(
            "AGENT012", $"{AgentFolder.Config} ended well, and pool {settings.Pool} has no agent {name}.", "Look at its lines above.");
        if (!agent.Enabled && await pool.EnableAsync(agent, ct))
        {
            AgentLog.Info($"Agent {name} was disabled in the pool, as one is that was killed while it left; it is enabled again.");
        }
        return agent;
    }

    /// <summary>
    /// Waits while another agent of the name that the user chose is online: replacing it would take a running agent's job away, and that
    /// one would take this one's. A name that carries the task's id is nobody else's: what is online under it is this container's former
    /// life, whose session the service has not missed yet.
    /// </summary>
    /// <exception cref="AgentException">It stays online.</exception>
    internal async Task FreeNameAsync(Func<CancellationToken, Task<PoolAgent?>> find, CancellationToken ct)
    {
        var start = clock.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            if (await find(ct) is not { Online: true } || settings.Name is null)
            {
                return;
            }
            if (clock.GetElapsedTime(start) + RestartPolicy.DelayAfter(tries) > NameLimit)
            {
                throw new AgentException(
                    "AGENT015",
                    $"Pool {settings.Pool} has an agent {name} already, and it is online.",
                    "Unset AZP_AGENT_NAME, so that the name carries the task's id, or set it to another name.");
            }
            if (tries == 1)
            {
                AgentLog.Warning($"Pool {settings.Pool} has an agent {name} already, and it is online; it is waited for {NameLimit.TotalSeconds:0} s.");
            }
            await Task.Delay(RestartPolicy.DelayAfter(tries), clock, ct);
        }
    }

    private async Task<(int Code, string Words)> ConfigureAsync(string secret, CancellationToken ct)
    {
        string Masked(string text) => text.Replace(secret, "***", StringComparison.Ordinal);

        SupervisedProcess process;
        try
        {
            process = SupervisedProcess.Start(
                new()
                {
                    Path = folder.At(AgentFolder.Config),
                    Arguments =
                    [
                        "--unattended", "--url", settings.Url, "--auth", "pat", "--pool", settings.Pool, "--agent", name,
                        "--work", settings.WorkFolder, "--acceptTeeEula", "--replace",
                    ],
                    Environment = WithToken(secret),
                    WorkingDirectory = folder.Root,
                },
                reaper, clock, mask: Masked);
        }
        catch (IOException e)
        {
            return (127, e.Message);
        }
        try
        {
            return (await process.Exit.WaitAsync(TryLimit, clock, ct), process.LastWords);
        }
        catch (TimeoutException)
        {
            return (128 + Libc.SIGKILL, $"it did not end within {TryLimit.TotalSeconds:0} s");
        }
        finally
        {
            process.Kill();
            await LeftOvers.KillAsync(clock);
        }
    }

    /// <summary>For this one process, which no job runs beside. The agent takes the variable out of its environment as soon as it has read it.</summary>
    private Dictionary<string, string> WithToken(string secret)
    {
        var all = new Dictionary<string, string>(environment) { [AgentArguments.TokenVariable] = secret };
        if (settings.Url.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
        {
            // Microsoft's agent sends no token over plain http unless told to, and the user chose that address.
            all["VSS_ALLOW_UNSAFE_BASICAUTH"] = "true";
        }
        return all;
    }
}
