using Tidepool.Comparison.Access;

namespace Tidepool.Comparison;

/// <summary>What was tried of one storage.</summary>
/// <param name="Storage"><c>bind</c>, <c>ebs</c> or <c>efs</c>.</param>
/// <param name="Apart">The run with jobs on other tasks than those that they read of; null for none.</param>
/// <param name="Together">A run with jobs on one task; null for none.</param>
/// <param name="NotTried">Why nothing was; null where something was, or nothing had to be.</param>
internal sealed record StorageTrial(string Storage, TrialRun? Apart, TrialRun? Together, string? NotTried);

/// <summary>Judges storages by what runs of a pipeline have shown. Pure.</summary>
internal static class StorageVerdicts
{
    public const string Bind = "bind";
    public const string Ebs = "ebs";
    public const string Efs = "efs";

    /// <summary>The verdict on a storage of which each task has its own.</summary>
    public static StorageVerdict OfOwn(PipelineFindings findings, StorageTrial trial, bool worksOnEfs)
    {
        var (storage, apart, together) = (trial.Storage, trial.Apart, trial.Together);
        var follows = trial.NotTried is { } why ? $" It was not run ({why}); it follows from the bind mount, which belongs to one task as well."
            : apart is null && together is null ? " It follows from the bind mount, which belongs to one task as well." : "";
        var at = apart ?? together;
        if (!findings.Home.Succeeded)
        {
            return worksOnEfs
                ? new(storage, StorageVerdict.Fails, $"{findings.Home.WhyNot}. With an EFS file system it succeeds.{follows}", at?.Run.Id)
                : Unknown(findings, storage);
        }

        if (!findings.IsTouched)
        {
            return new(storage, StorageVerdict.AsItIs, $"No job reads or writes anything in {findings.SharedPath}.", at?.Run.Id);
        }

        if (storage != Bind && together is { Succeeded: false } && apart is not { Succeeded: true })
        {
            return new(storage, StorageVerdict.Fails, $"It fails on one task too: {together.WhyNot}.", together.Run.Id);
        }

        if (findings.Crossing.Count > 0 || apart is { Succeeded: false })
        {
            return new(storage, StorageVerdict.WhenPinned, $"{Lost(findings, apart)}{(findings.Kept.Count > 0 ? $" {Cold(findings)}" : "")}{follows}", at?.Run.Id);
        }

        return findings.Kept.Count > 0
            ? new(storage, StorageVerdict.WithoutCache, $"{Cold(findings)}{follows}", at?.Run.Id)
            : new(storage, StorageVerdict.AsItIs, $"{Stays(findings)}{follows}", at?.Run.Id);
    }

    /// <summary>The verdict on EFS, which all tasks share.</summary>
    public static StorageVerdict OfShared(PipelineFindings findings, StorageTrial trial)
    {
        var at = trial.Apart ?? trial.Together;
        return (at, trial.NotTried) switch
        {
            ({ Succeeded: true }, _) when !findings.Home.Succeeded =>
                new(Efs, StorageVerdict.AsItIs, "It succeeds, where it does not with storage of one task.", at.Run.Id),
            ({ Succeeded: true }, _) when findings.Kept.Select(kept => kept.Path).Except(ReadersOfOld(at)).ToList() is { Count: > 0 } missing => new(
                Efs, StorageVerdict.NotKnown, $"It succeeds, and {Few(missing)}, which an earlier run left, was not seen to be read there.", at.Run.Id),
            ({ Succeeded: true }, _) => new(
                Efs,
                StorageVerdict.AsItIs,
                findings.Crossing.Count > 0 || !findings.IsWatched ? $"Every task sees the same files: it succeeds with {Readers(findings)} on another task than what is read was written on."
                : findings.Kept.Count > 0 ? $"Every task sees the same files, and tasks that come later too: {Few(findings.Kept.Select(kept => kept.Path))} {Is(findings.Kept.Select(kept => kept.Path), "is", "are")} there for each of them."
                : "Every task sees the same files: it succeeds.",
                at.Run.Id),
            ({ Succeeded: false }, _) when findings.Home.Succeeded => new(Efs, StorageVerdict.Fails, $"It fails there, and not with a bind mount: {at.WhyNot}.", at.Run.Id),
            ({ Succeeded: false }, _) => Unknown(findings, Efs) with { Run = at.Run.Id },
            (null, { } why) when findings.Home.Succeeded && findings.Crossing.Count == 0 => new(
                Efs, StorageVerdict.AsItIs, $"It was not run ({why}). What works with storage of one task works with storage that all share.", null),
            (null, { } why) => new(Efs, StorageVerdict.NotKnown, $"It was not run: {why}.", null),
            _ when findings.IsTouched => new(Efs, StorageVerdict.AsItIs, "Jobs hand nothing over: what works with storage of one task works with storage that all share.", null),
            _ => new(Efs, StorageVerdict.AsItIs, $"No job reads or writes anything in {findings.SharedPath}.", null),
        };
    }

    private static IEnumerable<string> ReadersOfOld(TrialRun run) =>
        run.Accesses.Files.Where(file => file.ReadersOfOld.Any()).Select(file => file.Path);

    private static StorageVerdict Unknown(PipelineFindings findings, string storage) => new(
        storage,
        StorageVerdict.NotKnown,
        $"The pipeline itself does not succeed: {findings.Home.WhyNot}. "
        + (storage == Efs ? "It fails there as well."
            : findings.Crossing.Count > 0 ? $"What it did until then: {Handed(findings)}; on another task that would not be found."
            : findings.IsWatched && !findings.IsTouched ? $"Until then no job read or wrote anything in {findings.SharedPath}." : "Until then nothing was looked for on another task."),
        findings.Home.Run.Id);

    private static string Lost(PipelineFindings findings, TrialRun? apart) => apart switch
    {
        { Succeeded: false } => $"{(findings.Crossing.Count > 0 ? $"{Handed(findings)}. With" : "With")} {Readers(findings)} on another task it fails: {apart.WhyNot}. On one task it succeeds (run {findings.Home.Run.Id}).",
        { Succeeded: true } => $"{Handed(findings)}. With {Readers(findings)} on another task the run succeeds all the same, and what is read there is not what was written.",
        null => $"{Handed(findings)}, and nothing pins them to one task. On one task it succeeds (run {findings.Home.Run.Id}).",
    };

    private static string Stays(PipelineFindings findings) => !findings.IsWatched ? "It succeeds, also with jobs by turns on two tasks."
        : findings.Home.Accesses.HandOvers is [_, ..] pairs ? $"{Read(pairs.Select(pair => pair.Reader))} what other jobs wrote, and only ever on the task where it was written: demands see to that."
        : "Each job reads only what it wrote itself: nothing is handed over.";

    private static string Cold(PipelineFindings findings) =>
        $"{Read(findings.Kept.Select(kept => kept.Reader))} {Few(findings.Kept.Select(kept => kept.Path))}, which an earlier run left: a task that is replaced, and every other one, starts without it, and no pin helps. A run without it succeeds.";

    private static string Handed(PipelineFindings findings) => string.Join("; ", findings.Crossing
        .GroupBy(pair => (pair.Reader, pair.Writer)).Take(3)
        .Select(group => $"{group.Key.Reader} reads {Few(group.Select(pair => pair.Path))}, which {group.Key.Writer} wrote"));

    private static string Readers(PipelineFindings findings) => findings.Crossing.Count > 0
        ? Sentence([.. findings.Crossing.Select(pair => $"{pair.Reader}").Distinct()])
        : "jobs by turns";

    private static string Read(IEnumerable<JobKey> jobs) => jobs.Distinct().Select(job => $"{job}").ToList() is var names && names.Count == 1 ? $"{names[0]} reads" : $"{Sentence(names)} read";

    private static string Few(IEnumerable<string> paths) => paths.Distinct().ToList() is var all && all.Count > 2 ? $"{all[0]} and {all.Count - 1} more" : Sentence(all);

    private static string Is(IEnumerable<string> paths, string one, string several) => paths.Distinct().Count() == 1 ? one : several;

    private static string Sentence(IReadOnlyList<string> names) => names.Count < 2 ? string.Concat(names) : $"{string.Join(", ", names.SkipLast(1))} and {names[^1]}";
}
