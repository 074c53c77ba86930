using Tidepool.Agent.Posix;
using Tidepool.Agent.Reports;

namespace Tidepool.Agent.Jobs;

/// <summary>The job's last record: no process and no temporary file of a job outlives it.</summary>
internal static class JobEnd
{
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(10);

    public static async Task RunAsync(JobContext job, StepRecord record)
    {
        var output = job.OutputOf(record);
        record.Start(job.Host.Clock.GetUtcNow());
        output.Section("Starting: Finalize Job");
        output.Write("Cleaning up task key");
        output.Write("Start cleaning up orphan processes.");
        await KillOrphansAsync(job, output);
        try
        {
            job.AtEnd.ForEach(undo => undo());
            job.Folders.EmptyTemp();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.Warning($"Temporary files are left until the next job: {e.Message}");
        }
        output.Section("Finishing: Finalize Job");
        output.Close();
        record.Finish(JobStatus.Succeeded, job.Host.Clock.GetUtcNow());
    }

    /// <summary>Kills until none is left: a killed process may have started another.</summary>
    private static async Task KillOrphansAsync(JobContext job, StepOutput output)
    {
        var clock = job.Host.Clock;
        var start = clock.GetTimestamp();
        var named = new HashSet<int>();
        while (Orphans(job.Marker) is { Count: > 0 } orphans && clock.GetElapsedTime(start) < KillLimit)
        {
            foreach (var orphan in orphans)
            {
                if (named.Add(orphan.Id))
                {
                    output.Write($"Terminate orphan process: pid ({orphan.Id}) ({orphan.Name})");
                }
                Libc.kill(orphan.Id, Libc.SIGKILL);
            }
            await Task.Delay(LookAgain, clock, CancellationToken.None);
        }
    }

    /// <summary>
    /// Every descendant of the agent, which starts processes for jobs only and as a subreaper inherits those whose
    /// parents ended; and whatever else carries the job's mark.
    /// </summary>
    private static IReadOnlyList<ProcessEntry> Orphans(string marker)
    {
        var all = ProcessTable.Read();
        var entry = $"{StepEnvironment.Marker}={marker}";
        return [.. ProcessTable.DescendantsOf(Environment.ProcessId, all)
            .UnionBy(all.Where(process => ProcessTable.WasStartedWith(process.Id, entry)), process => process.Id)];
    }
}
