using System.Net;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.Deployment.Http;

namespace Tidepool.Deployment.AzureDevOps;

public sealed partial class OrganizationClient
{
    private const string Tasks = "_apis/distributedtask/tasks";
    private static readonly TimeSpan LongestDownload = TimeSpan.FromMinutes(10);

    /// <summary>The tasks of the organization: those of Azure DevOps and of its extensions, each in the newest of every major version.</summary>
    /// <remarks>Not in the public reference; it is what Microsoft's Node client asks, and that older minor versions are left out is inferred.</remarks>
    public async Task<IReadOnlyList<OrganizationTask>> ListTasksAsync(CancellationToken ct) =>
        (await ReadAsync(HttpMethod.Get, Tasks, body: null, TaskListJson.Default.OrganizationTaskList, ct)).Value ?? [];

    /// <summary>A task's package, a zip; null where the organization has no such version.</summary>
    /// <remarks>It is the request by which Microsoft's agent fetches a task.</remarks>
    public async Task<byte[]?> DownloadTaskAsync(Guid id, string version, CancellationToken ct)
    {
        using var wire = new WireClient(authorities: null, isBusy: _ => false, _clock, LongestDownload);
        var route = $"{Tasks}/{id}/{version}";
        WireReply reply;
        try
        {
            reply = await wire.SendAsync(
                async attempt =>
                {
                    var message = new HttpRequestMessage(HttpMethod.Get, $"{_organization.AbsoluteUri.TrimEnd('/')}/{route}");
                    message.Headers.Authorization = await _signIn.HeaderAsync(attempt);
                    message.Headers.Accept.ParseAdd($"{MediaTypeNames.Application.Zip}; api-version=5.1-preview.1");
                    message.Headers.TryAddWithoutValidation("X-TFS-FedAuthRedirect", "Suppress");
                    return message;
                },
                ct);
        }
        catch (Exception e) when (OrganizationRefusal.IsNoAnswer(e, ct))
        {
            throw OrganizationRefusal.NoAnswer(_organization, e);
        }

        return reply.Status switch
        {
            HttpStatusCode.OK => reply.Body,
            HttpStatusCode.NotFound when _isSignedIn => null,
            _ => throw OrganizationRefusal.Of(_organization, HttpMethod.Get, route, reply, _isSignedIn),
        };
    }
}

/// <summary>A task that an organization has.</summary>
public sealed record OrganizationTask
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>Of a task of an extension: its publisher and extension, which steps may put before the name with a dot.</summary>
    public string? ContributionIdentifier { get; init; }
    public required OrganizationTaskVersion Version { get; init; }
}

/// <summary>A task's version.</summary>
public sealed record OrganizationTaskVersion(int Major, int Minor, int Patch)
{
    public override string ToString() => $"{Major}.{Minor}.{Patch}";
}

internal sealed record OrganizationTaskList(IReadOnlyList<OrganizationTask>? Value);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(OrganizationTaskList))]
internal sealed partial class TaskListJson : JsonSerializerContext;
