using Docker.DotNet;
using Docker.DotNet.Models;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>Removes what environments have in an engine.</summary>
internal static class EngineLeftovers
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    /// <summary>Removes containers and networks of an environment whose owner is gone.</summary>
    /// <returns>How many containers there were.</returns>
    /// <exception cref="IOException">The engine does not answer, or refuses.</exception>
    public static async Task<int> SweepAsync(Uri socket, string environmentFolder, CancellationToken ct)
    {
        using var client = EngineSocket.Connect(socket);
        return await RemoveEnvironmentAsync(client, environmentFolder, ct);
    }

    /// <summary>Folders of environments that have something in an engine; none when it does not answer at once.</summary>
    public static async Task<IReadOnlyList<string>> EnvironmentsAsync(Uri socket, CancellationToken ct)
    {
        using var client = EngineSocket.Connect(socket);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(AnswerLimit);
        try
        {
            var filters = EngineLabels.Filter(null);
            var containers = await client.Containers.ListContainersAsync(new() { All = true, Filters = filters }, limit.Token);
            var networks = await client.Networks.ListNetworksAsync(new() { Filters = filters }, limit.Token);
            return
            [
                .. containers.Select(container => container.Labels).Concat(networks.Select(network => network.Labels))
                    .Select(labels => labels[EngineLabels.Environment]).Distinct(),
            ];
        }
        catch (Exception e) when (EngineWords.IsGone(e) || e is DockerApiException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return [];
        }
    }

    /// <summary>Removes all that an environment has in an engine.</summary>
    /// <returns>How many containers there were.</returns>
    /// <exception cref="IOException">The engine does not answer, or refuses.</exception>
    public static async Task<int> RemoveEnvironmentAsync(DockerClient client, string environmentFolder, CancellationToken ct)
    {
        var filters = EngineLabels.Filter(environmentFolder);
        var containers = await EngineWords.AskAsync(() => client.Containers.ListContainersAsync(new() { All = true, Filters = filters }, ct));

        // Those in a holder's network first.
        foreach (var container in containers.OrderBy(IsHolder))
        {
            if (IsHolder(container) && LinuxCalls.EffectiveUid != 0)
            {
                await EmptyVolumesAsync(client, container.ID, EngineContainerSpec.VolumesFolder, ct);
            }

            await RemoveAsync(client, container.ID, ct);
        }

        foreach (var network in await EngineWords.AskAsync(() => client.Networks.ListNetworksAsync(new() { Filters = filters }, ct)))
        {
            await EngineWords.AskAsync(() => client.Networks.DeleteNetworkAsync(network.ID, ct));
        }

        return containers.Count;
    }

    /// <summary>Removes a container with its writable layer and the volumes that the engine made for it; one that is gone is no fault.</summary>
    /// <exception cref="IOException">The engine does not answer, or refuses.</exception>
    public static async Task RemoveAsync(DockerClient client, string id, CancellationToken ct)
    {
        try
        {
            await EngineWords.AskAsync(() => client.Containers.RemoveContainerAsync(id, new() { Force = true, RemoveVolumes = true }, ct));
        }
        catch (IOException e) when (e.InnerException is DockerContainerNotFoundException)
        {
            // Someone else removed it.
        }
    }

    private static bool IsHolder(ContainerListResponse container) =>
        container.Labels.TryGetValue(EngineLabels.Role, out var role) && role is EngineLabels.Holder;

    /// <summary>Lets root of a holder remove what is in folders of volumes, whoever owns it. What stays shows when the volumes are removed.</summary>
    /// <param name="client">The engine.</param>
    /// <param name="holder">The holder.</param>
    /// <param name="folder">The folder around them, as the holder sees it.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="IOException">The engine does not answer, or refuses.</exception>
    public static Task EmptyVolumesAsync(DockerClient client, string holder, string folder, CancellationToken ct) => EngineWords.AskAsync(async () =>
    {
        var found = await client.Containers.InspectContainerAsync(holder, ct);
        if (!found.State!.Running)
        {
            await client.Containers.StartContainerAsync(holder, new(), ct);
        }

        var exec = await client.Exec.CreateContainerExecAsync(
            holder,
            new()
            {
                AttachStdout = true,
                AttachStderr = true,
                Cmd = [.. found.Config!.Entrypoint, "empty-folders", folder],
            },
            ct);
        using var output = await client.Exec.StartContainerExecAsync(exec.ID, new(), ct);
        await output.ReadOutputToEndAsync(ct);
    });
}
