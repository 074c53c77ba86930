using Tidepool.Rehearsal;

namespace Tidepool.Comparison;

/// <summary>Makes a report of findings and verdicts: what to pin, what is cheapest, what to write into <c>terraform.tfvars</c>. Pure.</summary>
internal static class PipelineAdvice
{
    public static PipelineReport Of(
        string file, PipelineFindings findings, string how, IReadOnlyList<StorageVerdict> verdicts, CostReport? cost)
    {
        var works = ByCost(verdicts.Where(verdict => verdict.Works == StorageVerdict.AsItIs), cost);
        var cheapest = works.FirstOrDefault();
        return new()
        {
            File = file,
            Result = RunReports.Word(findings.Home.Run.Result),
            Run = findings.Home.Run.Id,
            How = how,
            Paths = PathUses.Of(findings.Home.Accesses, findings.Crossing),
            Pinned = findings.Reading.Pinned,
            Traps = [.. findings.Reading.Traps, .. findings.Observed],
            Verdicts = verdicts,
            Pins = [.. Pins(findings)],
            Cheapest = cheapest?.Storage,
            Advice = Advice(findings, verdicts, cheapest, cost),
            Tfvars = cheapest is null ? null : Tfvars(cheapest.Storage, cost),
        };
    }

    private static IEnumerable<StorageVerdict> ByCost(IEnumerable<StorageVerdict> verdicts, CostReport? cost) => verdicts
        .Where(verdict => Of(verdict, cost) is not { StorageMonthly: null })
        .OrderBy(verdict => Of(verdict, cost)?.StorageMonthly ?? 0);

    private static StorageCost? Of(StorageVerdict verdict, CostReport? cost) => cost?.Storages.FirstOrDefault(one => one.Storage == verdict.Storage);

    private static string Advice(PipelineFindings findings, IReadOnlyList<StorageVerdict> verdicts, StorageVerdict? cheapest, CostReport? cost)
    {
        var almost = ByCost(verdicts.Where(verdict => verdict.Works is StorageVerdict.WhenPinned or StorageVerdict.WithoutCache), cost).FirstOrDefault();
        var less = almost is null ? "" : almost.Works is StorageVerdict.WithoutCache
            ? $" If runs may begin without what earlier ones left, {Name(almost.Storage)} will do{Price(almost, cost)}."
            : $" Once jobs are pinned as said, {Name(almost.Storage)} will do{Price(almost, cost)}.";
        if (cheapest is null)
        {
            return !findings.Home.Succeeded && verdicts.All(verdict => verdict.Works is StorageVerdict.NotKnown or StorageVerdict.Fails)
                ? "The pipeline fails here by itself. Mend that first, and compare again."
                : $"No storage that can be had in that size works with the pipeline as it is.{less}";
        }

        return cheapest.Storage == StorageVerdicts.Bind
            ? $"Take a bind mount{Price(cheapest, cost)}: {Why(findings)}."
            : $"Take {Name(cheapest.Storage)}{Price(cheapest, cost)}: the pipeline works on it as it is.{less}";
    }

    private static string Why(PipelineFindings findings) => !findings.IsTouched ? $"no job uses {findings.SharedPath}, so any storage does"
        : findings.Home.Accesses.HandOvers.Count > 0 ? "what jobs hand over stays on one task, and nothing has to last longer than it"
        : "nothing has to be seen by another task, or to last longer than one";

    private static string Price(StorageVerdict verdict, CostReport? cost) =>
        Of(verdict, cost)?.StorageMonthly is { } monthly ? FormattableString.Invariant($" ({monthly:0.00} {cost!.Currency} a month)") : "";

    private static string Name(string storage) => storage switch
    {
        StorageVerdicts.Bind => "a bind mount",
        StorageVerdicts.Ebs => "an EBS volume for each task",
        _ => "an EFS file system",
    };

    private static IEnumerable<string> Pins(PipelineFindings findings)
    {
        foreach (var pair in findings.Crossing.DistinctBy(pair => (pair.Reader, pair.Writer)))
        {
            var (writer, reader) = (findings.Reading.JobOf(pair.Writer), pair.Reader);
            var variable = $"taskOf{string.Concat(writer.Job.Where(char.IsAsciiLetterOrDigit))}";
            var output = writer.Stage == reader.Stage
                ? $"dependencies.{writer.Job}.outputs['where.task']"
                : $"stageDependencies.{writer.Stage}.{writer.Job}.outputs['where.task']";
            yield return
                $"Pin {reader} to the task of {pair.Writer}, whose {pair.Path} it reads. In {writer}: a step `- bash: echo \"##vso[task.setvariable variable=task;isOutput=true]$FARGATE_TASK\"` "
                + $"with `name: where`. In {reader}: the variable `{variable}: $[ {output} ]` and in its pool the demand `FARGATE_TASK -equals $({variable})`."
                + (findings.Reading.AreOrdered(pair.Writer, reader) ? "" : $" It has to depend on {writer} as well.")
                + (findings.Reading.Deployments.Contains(findings.Reading.JobOf(reader)) ? " Make it an ordinary job for that: demands of deployment jobs are reported to be ignored." : "");
        }
    }

    /// <summary>Lines that <c>terraform/variables.tf</c> takes.</summary>
    internal static string Tfvars(string storage, CostReport? cost)
    {
        var gib = (int)decimal.Ceiling(cost?.Gib ?? 0);
        string?[] lines =
        [
            $"storage = \"{storage}\"",
            storage == StorageVerdicts.Bind ? $"ephemeral_storage_gib = {Math.Clamp(gib, 20, 200)}" : null,
            storage == StorageVerdicts.Ebs ? $"ebs = {{ size_gib = {Math.Max(1, gib)} }}" : null,
            cost is null ? null : $"tasks = {cost.Tasks}",
            cost is { Agents: > 0 } ? $"agents = {cost.Agents}" : null,
            cost is { CpuUnits: > 0 } ? $"cpu = {cost.CpuUnits}" : null,
            cost is { MemoryMiB: > 0 } ? $"memory = {cost.MemoryMiB}" : null,
            cost is null ? null : $"cpu_architecture = \"{cost.Architecture}\"",
            cost is { IsSpot: true } ? "spot = true" : null,
        ];
        return string.Concat(lines.OfType<string>().Select(line => $"{line}\n"));
    }
}
