using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>Runs a command in a container of the engine; its user, variables and folder are the container's.</summary>
internal static class EngineCommand
{
    /// <remarks>The engine's API cannot end a command: one that takes too long goes on until the container ends.</remarks>
    public static async Task<CommandEnd> RunAsync(
        DockerClient client, string container, IReadOnlyList<string> command, TimeSpan limit, TimeProvider clock, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var run = RunAsync(client, container, command, end.Token);
        try
        {
            return await run.WaitAsync(limit, clock, ct);
        }
        catch (TimeoutException)
        {
            await end.CancelAsync();
            return CommandEnd.TooLong(limit);
        }
        catch (DockerApiException e)
        {
            return new(-1, EngineWords.Of(e));
        }
        catch (Exception e) when (EngineWords.IsGone(e))
        {
            throw new IOException($"the container engine does not answer: {e.Message}", e);
        }
    }

    private static async Task<CommandEnd> RunAsync(DockerClient client, string container, IReadOnlyList<string> command, CancellationToken ct)
    {
        var made = await client.Exec.CreateContainerExecAsync(
            container, new ContainerExecCreateParameters { Cmd = [.. command], AttachStdout = true, AttachStderr = true }, ct);
        using var stream = await client.Exec.StartContainerExecAsync(made.ID, new ContainerExecStartParameters(), ct);
        using var kept = new MemoryStream();
        var buffer = new byte[CommandEnd.MostOutput];
        while (await stream.ReadOutputAsync(buffer, 0, buffer.Length, ct) is { EOF: false } read)
        {
            kept.Write(buffer, 0, (int)Math.Min(read.Count, CommandEnd.MostOutput - kept.Length));
        }

        var ended = await client.Exec.InspectContainerExecAsync(made.ID, ct);
        return new((int)(ended.ExitCode ?? -1), Encoding.UTF8.GetString(kept.ToArray()));
    }
}
