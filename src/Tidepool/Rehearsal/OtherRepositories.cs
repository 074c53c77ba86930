using Tidepool.AzurePipelines;
using Tidepool.AzurePipelines.Client;
using Tidepool.AzurePipelines.Repositories;

namespace Tidepool.Rehearsal;

/// <summary>Repositories beside a pipeline's own, handed over to an embedded service as they are now.</summary>
internal static class OtherRepositories
{
    /// <summary>Pushes a snapshot of each.</summary>
    /// <param name="client">The service.</param>
    /// <param name="folders">A folder of each one's working tree, by alias.</param>
    /// <param name="own">The name of the pipeline's own repository, which no other gets.</param>
    /// <param name="scratch">An existing folder for what is on its way.</param>
    /// <param name="ct">Ends the handing over.</param>
    /// <returns>What is served, by alias, which ignores case.</returns>
    /// <exception cref="ProblemException">One of them is no repository, or git could not hand it over.</exception>
    public static async Task<IReadOnlyDictionary<string, ServedRepository>> PushAsync(
        PipelinesClient client, IReadOnlyDictionary<string, string> folders, string own, string scratch, CancellationToken ct)
    {
        var served = new Dictionary<string, ServedRepository>(StringComparer.OrdinalIgnoreCase);
        foreach (var (alias, folder) in folders)
        {
            var bare = Path.Combine(scratch, $"snapshot-{Guid.NewGuid():n}");
            try
            {
                var snapshot = await RepositorySnapshot.TakeAsync(folder, bare, ct);
                if (served.Values.Select(other => other.Name).Append(own).Contains(snapshot.Name, StringComparer.OrdinalIgnoreCase))
                {
                    // Two clones may have one folder's name.
                    snapshot = snapshot with { Name = alias };
                }

                await client.PushAsync(snapshot, bare, ct);
                served[alias] = new(snapshot.Name, snapshot.Branch, snapshot.Commit);
            }
            finally
            {
                if (Directory.Exists(bare))
                {
                    Directory.Delete(bare, recursive: true);
                }
            }
        }

        return served;
    }
}
