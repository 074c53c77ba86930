using System.Diagnostics;
using Tidepool.Expressions;
using Tidepool.Pipelines;

namespace Tidepool.Bench;

/// <summary>Damaged and made-up pipelines and expressions: none may crash, hang or take more than the limits.</summary>
internal static class FuzzBench
{
    private const double LongestSeconds = 2;
    private const double MostMiB = 256;

    /// <summary>Runs for some seconds (TIDEPOOL_FUZZ_SECONDS), on every core.</summary>
    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, TimeSpan length)
    {
        var corpus = new FuzzCorpus(installed.Root);
        var began = Stopwatch.GetTimestamp();
        var found = await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(worker => Task.Factory.StartNew(
            () => Work(corpus, new Random(HashCode.Combine(worker, Environment.TickCount64)), began, length), TaskCreationOptions.LongRunning)));
        foreach (var fault in found.SelectMany(f => f.Faults).Take(10))
        {
            Console.Error.WriteLine(fault);
        }

        var how = $"{found.Sum(f => f.Pipelines)} pipelines ({found.Sum(f => f.Valid)} valid), {found.Sum(f => f.Expressions)} expressions in {length.TotalSeconds:0} s";
        return
        [
            new("fuzz: crashes", found.Sum(f => f.Faults.Count), "", 0, AtLeast: false, how),
            new("fuzz: longest", found.Max(f => f.Longest), "s", LongestSeconds, AtLeast: false, how),
            new("fuzz: most memory that one made", found.Max(f => f.MostMiB), "MiB", MostMiB, AtLeast: false, "allocated, all of it together; the limit of the language is 20 MB kept"),
        ];
    }

    private static Found Work(FuzzCorpus corpus, Random random, long began, TimeSpan length)
    {
        var found = new Found();
        while (Stopwatch.GetElapsedTime(began) < length)
        {
            if (random.Next(3) == 0)
            {
                var text = corpus.Expression(random);
                found.Expressions++;
                Try(found, text, () => Expression.Parse(text).Evaluate(corpus.Context));
            }
            else
            {
                var source = corpus.Pipeline(random, out var text);
                found.Pipelines++;
                Try(found, text, () =>
                {
                    _ = PipelineReader.Read(source);
                    found.Valid++;
                });
                Try(found, text, () => _ = PipelineExpansion.Of(source).Yaml);
            }
        }

        return found;
    }

    private static void Try(Found found, string text, Action act)
    {
        var (began, allocated) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        try
        {
            act();
        }
        catch (Exception e) when (e is PipelineNotValidException or ExpressionException)
        {
            // That is how they are to end.
        }
        catch (Exception e)
        {
            found.Faults.Add($"{e}\n{text}\n");
        }

        var (seconds, mib) = (Stopwatch.GetElapsedTime(began).TotalSeconds, (GC.GetAllocatedBytesForCurrentThread() - allocated) / 1024d / 1024);
        if (seconds > LongestSeconds || mib > MostMiB)
        {
            found.Large.Add($"{seconds:0.0} s, {mib:0} MiB:\n{text}\n");
            Console.Error.WriteLine(found.Large[^1]);
        }

        found.Longest = Math.Max(found.Longest, seconds);
        found.MostMiB = Math.Max(found.MostMiB, mib);
    }

    private sealed class Found
    {
        public int Pipelines;
        public int Valid;
        public int Expressions;
        public double Longest;
        public double MostMiB;

        public List<string> Faults { get; } = [];

        public List<string> Large { get; } = [];
    }
}
