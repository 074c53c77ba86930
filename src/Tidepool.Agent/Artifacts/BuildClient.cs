using System.Globalization;
using System.Net;
using Tidepool.Agent.Commands;
using Tidepool.Agent.Jobs;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Artifacts;

/// <summary>The calls that a job makes about its run, or about another one, with its own token.</summary>
internal sealed class BuildClient(WireClient client, string project, int id, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Number of the run in its project.</summary>
    public int Id => id;

    /// <summary>The run's own file container; null where the service gave the job none.</summary>
    public long? ContainerId { get; init; }

    /// <exception cref="CommandException">The service did not tell the job which run it is part of.</exception>
    public static BuildClient Of(WireClient client, JobVariables variables, TimeProvider clock) =>
        variables.Value("system.teamProjectId") is { Length: > 0 } project && Number(variables, "build.buildId") is { } id
            ? new(client, project, (int)id, clock) { ContainerId = Number(variables, "build.containerId") }
            : throw new CommandException("The service did not tell this job its run: system.teamProjectId or build.buildId is missing.");

    /// <summary>The same for another run of the project.</summary>
    public BuildClient OfRun(int other) => new(client, project, other, clock);

    public FileContainer Container(long container) => new(client, project, container, clock);

    public Task UpdateNumberAsync(string number, CancellationToken ct) => Retry.RunAsync(
        token => client.SendAsync(
            HttpMethod.Patch,
            $"{Build}?api-version=5.1",
            new BuildUpdate(id, number, new(project)),
            ProtocolJson.Default.BuildUpdate,
            token),
        Limit, clock, ct);

    /// <summary>Adds a tag and answers all that the run has.</summary>
    public async Task<IReadOnlyList<string>> AddTagAsync(string tag, CancellationToken ct)
    {
        var tags = await Retry.RunAsync(
            async token =>
            {
                try
                {
                    return await client.SendAsync(
                        HttpMethod.Post, $"{Build}/tags", [tag], ProtocolJson.Default.StringArray, ProtocolJson.Default.CollectionString, token);
                }
                catch (WireException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
                {
                    // As older servers take it: named in the URL, which does not take every tag.
                    return await client.SendAsync(
                        HttpMethod.Put, $"{Build}/tags/{Uri.EscapeDataString(tag)}", [], ProtocolJson.Default.StringArray, ProtocolJson.Default.CollectionString, token);
                }
            },
            Limit, clock, ct);
        return tags?.Value ?? [];
    }

    public async Task<BuildArtifact> AddArtifactAsync(string name, Guid job, ArtifactResource resource, CancellationToken ct) => (await Retry.RunAsync(
        token => client.SendAsync(
            HttpMethod.Post,
            $"{Build}/artifacts",
            new BuildArtifact { Name = name, Source = $"{job}", Resource = resource },
            ProtocolJson.Default.BuildArtifact,
            ProtocolJson.Default.BuildArtifact,
            token),
        Limit, clock, ct))!;

    public async Task<IReadOnlyList<BuildArtifact>> ListArtifactsAsync(CancellationToken ct) => (await Retry.RunAsync(
        token => client.GetAsync($"{Build}/artifacts", ProtocolJson.Default.CollectionBuildArtifact, token), Limit, clock, ct))?.Value ?? [];

    private string Build => $"{project}/_apis/build/builds/{id.ToString(CultureInfo.InvariantCulture)}";

    private static long? Number(JobVariables variables, string name) =>
        long.TryParse(variables.Value(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
