using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment;

/// <summary>One line that an agent wrote.</summary>
/// <param name="Container">The agent's container, as in <c>agent-1</c>.</param>
/// <param name="TaskId">Its task.</param>
public sealed record AgentLine(string Container, string TaskId, DateTimeOffset At, string Message);

/// <summary>What the agents wrote, from CloudWatch Logs.</summary>
public sealed class AgentLogs(Deployed deployed)
{
    /// <summary>The lines of all agents or of one.</summary>
    /// <param name="agent">Container, as in <c>agent-1</c>, or the beginning of an agent's name in the pool, as in <c>agent-1-0123abcd</c>; null for all.</param>
    /// <param name="since">From when on.</param>
    /// <param name="follow">Go on with those that come, until canceled; else they are ordered by time over all agents.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="ProblemException">DEPLOY004: nothing is deployed. DEPLOY007: there is no such agent.</exception>
    public async IAsyncEnumerable<AgentLine> ReadAsync(string? agent, DateTimeOffset since, bool follow, [EnumeratorCancellation] CancellationToken ct)
    {
        var outputs = await deployed.OutputsAsync(ct);
        var groups = outputs.LogGroups.Where(group => agent is null || Matches(agent, group.Key)).OrderBy(group => group.Key, StringComparer.Ordinal).ToArray();
        if (groups.Length == 0)
        {
            throw new ProblemException(
                "DEPLOY007",
                $"There is no agent '{agent}'.",
                $"Name one of {string.Join(", ", outputs.LogGroups.Keys.Order(StringComparer.Ordinal))}, or an agent's name as ./tidepool status shows it.");
        }

        if (!follow)
        {
            var lines = new List<AgentLine>();
            foreach (var (container, group) in groups)
            {
                await foreach (var line in deployed.Logs.ReadAsync(group, null, since, ct))
                {
                    lines.Add(ToLine(container, line));
                }
            }

            foreach (var line in lines.Where(line => IsWanted(agent, line)).OrderBy(line => line.At))
            {
                yield return line;
            }

            yield break;
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var channel = Channel.CreateUnbounded<AgentLine>();
        var following = Task.WhenAll(groups.Select(group => FollowAsync(group.Key, group.Value, since, channel.Writer, stopping.Token)))
            .ContinueWith(_ => channel.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await foreach (var line in channel.Reader.ReadAllAsync(ct))
            {
                if (IsWanted(agent, line))
                {
                    yield return line;
                }
            }
        }
        finally
        {
            await stopping.CancelAsync();
            await following;
        }
    }

    private async Task FollowAsync(string container, string group, DateTimeOffset since, ChannelWriter<AgentLine> into, CancellationToken ct)
    {
        try
        {
            await foreach (var line in deployed.Logs.FollowAsync(group, null, since, ct))
            {
                await into.WriteAsync(ToLine(container, line), ct);
            }
        }
        catch (ProblemException e)
        {
            // What ends one log ends the command; the reader throws it.
            into.TryComplete(e);
        }
    }

    // awslogs names streams PREFIX/CONTAINER/TASK-ID; an agent's name is CONTAINER-TASK-ID, the task's id cut short.
    private static AgentLine ToLine(string container, LogLine line) => new(container, line.Stream[(line.Stream.LastIndexOf('/') + 1)..], line.At, line.Message);

    private static bool Matches(string agent, string container) =>
        agent.Equals(container, StringComparison.OrdinalIgnoreCase) || agent.StartsWith($"{container}-", StringComparison.OrdinalIgnoreCase);

    private static bool IsWanted(string? agent, AgentLine line) =>
        agent is null
        || agent.Length <= line.Container.Length + 1
        || line.TaskId.StartsWith(agent[(line.Container.Length + 1)..], StringComparison.OrdinalIgnoreCase);
}
