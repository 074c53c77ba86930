using System.IO.Compression;
using Tidepool.Agent.Jobs;
using Tidepool.Agent.Reports;
using Tidepool.Agent.Steps;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Tasks;

/// <summary>The tasks that jobs on this machine needed, each fetched once: <c>_work/_tasks/NAME_ID/VERSION</c>.</summary>
internal sealed class TaskStore(JobContext job, StepOutput output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private string Root => Path.Combine(job.Folders.Root, "_tasks");

    /// <summary>Makes sure of the tasks of all steps that the agent does not run by itself, by the step's id.</summary>
    /// <exception cref="TaskException">A task could not be fetched, or is none.</exception>
    public async Task<IReadOnlyDictionary<Guid, TaskPackage>> FetchAsync(IEnumerable<JobStep> steps, CancellationToken ct)
    {
        var packages = new Dictionary<Guid, TaskPackage>();
        var known = new Dictionary<string, TaskPackage>();
        foreach (var step in steps.Where(step => !StepTasks.IsBuiltIn(step.Reference)))
        {
            var folder = FolderOf(step.Reference);
            if (!known.TryGetValue(folder, out var package))
            {
                package = known[folder] = await FetchAsync(step.Reference, folder, ct);
            }
            packages[step.Id] = package;
        }
        return packages;
    }

    private async Task<TaskPackage> FetchAsync(TaskReference task, string folder, CancellationToken ct)
    {
        // The mark is written last: without it what is there is a part.
        var mark = $"{folder}.completed";
        if (!File.Exists(mark))
        {
            output.Write($"Downloading task: {task.Name} ({task.Version})");
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
            await UnpackAsync(task, folder, ct);
            await File.WriteAllTextAsync(mark, $"{job.Host.Clock.GetUtcNow():O}\n", ct);
        }
        var definition = Path.Combine(folder, "task.json");
        return File.Exists(definition)
            ? new(folder, TaskDefinition.Read(await File.ReadAllBytesAsync(definition, ct)))
            : throw new TaskException($"The package of the task {task.Name} {task.Version} holds no task.json.");
    }

    private async Task UnpackAsync(TaskReference task, string folder, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        var zip = $"{folder}.{Guid.NewGuid():N}.zip";
        var partial = $"{folder}.{Guid.NewGuid():N}";
        try
        {
            await Retry.RunAsync(
                async token =>
                {
                    await using var target = File.Create(zip);
                    await job.Client.DownloadAsync($"_apis/distributedtask/tasks/{task.Id}/{task.Version}", "application/zip", target, token);
                },
                Limit, job.Host.Clock, ct);
            await ZipFile.ExtractToDirectoryAsync(zip, partial, ct);
            Directory.Move(partial, folder);
        }
        catch (Exception e) when (e is WireException or HttpRequestException or InvalidDataException)
        {
            throw new TaskException($"Failed to download task '{task.Name}'. Error {e.Message}");
        }
        finally
        {
            File.Delete(zip);
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }

    /// <summary>Both parts come from the service; neither leaves the store.</summary>
    private string FolderOf(TaskReference task) => Path.Combine(Root, $"{Clean(task.Name)}_{task.Id}", Clean(task.Version));

    private static string Clean(string text) =>
        string.Concat(text.Select(one => char.IsAsciiLetterOrDigit(one) || one is '.' or '-' or '_' ? one : '_')) is { Length: > 0 } clean && clean.Trim('.').Length > 0
            ? clean
            : "_";
}
