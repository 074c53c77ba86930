using System.Diagnostics;
using Tidepool.AzurePipelines;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>What a run writes is kept on disk, in order, and read by any number of readers.</summary>
public sealed class RunTextSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-run-text-");

    private static readonly NodeName Node = new("a", "A");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_reader_gets_every_event_in_its_order_whenever_it_comes(bool onDisk)
    {
        var log = new RunEventLog(onDisk ? Path.Combine(_folder.FullName, "console") : null, TimeProvider.System);
        var early = ReadAsync(log);
        for (var number = 0; number < 5000; number++)
        {
            log.Add(Line($"line {number} é\t{{}}"));
            if (number % 1000 == 0)
            {
                log.Add(new StageStarted(DateTimeOffset.UnixEpoch, new($"{number}", "")));
            }
        }

        var middle = ReadAsync(log);
        log.Add(Line("the last"));
        log.Close();
        var expected = Enumerable.Range(0, 5000)
            .SelectMany(number => number % 1000 == 0 ? new[] { $"line {number} é\t{{}}", $"{number}" } : [$"line {number} é\t{{}}"])
            .Append("the last");
        foreach (var reader in new[] { early, middle, ReadAsync(log) })
        {
            Assert.Equal(expected, await reader.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_full_disk_loses_no_line_before_memory_is_short_as_well_and_then_it_is_told()
    {
        await OnSmallDiskAsync(async disk =>
        {
            var log = new RunEventLog(Path.Combine(disk, "console"), TimeProvider.System);
            var text = new string('x', 100);
            for (var number = 0; number < 30_000; number++)
            {
                log.Add(Line($"{number} {text}"));
            }

            log.Close();
            var read = await ReadAsync(log);
            var lost = Assert.Single(read, line => line.StartsWith("Console lines of this run are lost: No space left on device", StringComparison.Ordinal));
            Assert.Equal(read.Where(line => line != lost), Enumerable.Range(0, read.Count - 1).Select(number => $"{number} {text}"));
            Assert.True(read.Count > 10_000);
        });
    }

    [Fact]
    public async Task A_log_that_a_full_disk_took_no_more_of_is_whole_once_there_is_room_again()
    {
        await OnSmallDiskAsync(async disk =>
        {
            var blocker = Path.Combine(disk, "blocker");
            await FillAsync(blocker);
            var lost = new List<string>();
            var logs = new RunLogs(disk, lost.Add);
            var log = logs.Create(null, DateTimeOffset.UnixEpoch).Id;
            logs.Append(log, "one\n", DateTimeOffset.UnixEpoch);
            Assert.Equal(["one"], logs.Lines(Guid.Empty, log));
            File.Delete(blocker);
            logs.Append(log, "two\n", DateTimeOffset.UnixEpoch);
            Assert.Equal(["one", "two"], logs.Lines(Guid.Empty, log));
            Assert.Equal("one\ntwo\n", await File.ReadAllTextAsync(Path.Combine(disk, $"{log}.log"), TestContext.Current.CancellationToken));
            Assert.Empty(lost);

            await FillAsync(blocker);
            logs.Append(log, new string('x', 2 * 1024 * 1024), DateTimeOffset.UnixEpoch);
            logs.Append(log, new string('y', 2 * 1024 * 1024), DateTimeOffset.UnixEpoch);
            Assert.Equal(["one", "two"], logs.Lines(Guid.Empty, log));
            Assert.Single(lost);
        });
    }

    private static async Task<List<string>> ReadAsync(RunEventLog log) => await log.ReadAsync(TestContext.Current.CancellationToken)
        .Select(happened => happened switch
        {
            LogLine line => line.Text,
            StageStarted stage => stage.Stage.Name,
            RunNotice notice => notice.Text,
            _ => $"{happened}",
        })
        .ToListAsync(TestContext.Current.CancellationToken);

    private static LogLine Line(string text) => new(DateTimeOffset.UnixEpoch, Node, Node, Node, text);

    private static async Task FillAsync(string file)
    {
        await using var all = File.Create(file);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                all.Write(block);
                all.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private async Task OnSmallDiskAsync(Func<string, Task> use)
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root may mount a small file system to fill");
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", _folder.FullName);
        try
        {
            await use(_folder.FullName);
        }
        finally
        {
            await RunAsync("umount", _folder.FullName);
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
