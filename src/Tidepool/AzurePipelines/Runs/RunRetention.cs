namespace Tidepool.AzurePipelines.Runs;

/// <summary>Which runs that have ended go when more are there than are kept. Pure.</summary>
/// <remarks>
/// Azure DevOps keeps runs for days, and the last ones of each pipeline for longer; here it is their number, since what runs here runs more
/// often. Source: https://learn.microsoft.com/azure/devops/pipelines/policies/retention
/// </remarks>
internal static class RunRetention
{
    /// <param name="runs">All runs, oldest first.</param>
    /// <param name="kept">How many of those that have ended are kept.</param>
    /// <returns>Those that go, oldest first: never one that has not ended, that somebody marked, or that was its pipeline's last to succeed.</returns>
    public static IEnumerable<RunAge> Over(IReadOnlyList<RunAge> runs, int kept)
    {
        var over = runs.Count(run => run.HasEnded) - kept;
        if (over <= 0)
        {
            return [];
        }

        var lastGood = runs.Where(run => run.HasSucceeded).GroupBy(run => run.DefinitionId).Select(good => good.Last().Id).ToHashSet();
        return runs.Where(run => run.HasEnded).Take(over).Where(run => !run.IsMarked && !lastGood.Contains(run.Id));
    }
}

/// <summary>A run as its age counts.</summary>
/// <param name="Id">Its id.</param>
/// <param name="DefinitionId">Its pipeline.</param>
/// <param name="HasEnded">Whether nothing of it goes on.</param>
/// <param name="HasSucceeded">Whether it ended well; others may want its artifacts.</param>
/// <param name="IsMarked">Whether somebody asked to keep it.</param>
internal sealed record RunAge(int Id, int DefinitionId, bool HasEnded, bool HasSucceeded, bool IsMarked);
