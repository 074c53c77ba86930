using Tidepool.Agent.Reports;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

public sealed class ReportQueueSpecs
{
    private readonly ReportQueue _queue = new();
    private readonly Guid _step = Guid.NewGuid();

    [Fact]
    public void Things_are_sent_in_the_order_in_which_they_happened()
    {
        _queue.Add(new TimelineRecord { Id = _step, State = "inProgress" });
        _queue.Add(_step, 1, "a");
        _queue.Add(_step, 2, "b");
        _queue.Add(new TimelineRecord { Id = _step, State = "completed" });

        Assert.Equal("inProgress", Assert.Single(Assert.IsType<ReportItem.Records>(_queue.Take()).Changed).State);
        Assert.Equal(["a", "b"], Assert.IsType<ReportItem.Lines>(_queue.Take()).Text);
        Assert.Equal("completed", Assert.Single(Assert.IsType<ReportItem.Records>(_queue.Take()).Changed).State);
        Assert.Null(_queue.Take());
    }

    [Fact]
    public void Changes_of_one_record_become_its_last()
    {
        var other = Guid.NewGuid();
        _queue.Add(new TimelineRecord { Id = _step, State = "pending" });
        _queue.Add(new TimelineRecord { Id = other });
        _queue.Add(new TimelineRecord { Id = _step, State = "inProgress" });

        Assert.Equal([other, _step], Assert.IsType<ReportItem.Records>(_queue.Take()).Changed.Select(record => record.Id));
    }

    [Fact]
    public void A_call_carries_a_hundred_lines_at_most()
    {
        for (var i = 1; i <= 250; i++)
        {
            _queue.Add(_step, i, $"{i}");
        }

        Assert.Equal([(1L, 100), (101L, 100), (201L, 50)], Enumerable.Range(0, 3)
            .Select(_ => Assert.IsType<ReportItem.Lines>(_queue.Take()))
            .Select(lines => (lines.StartLine, lines.Text.Count)));
    }

    [Fact]
    public async Task A_step_that_writes_faster_than_the_service_takes_loses_no_line()
    {
        const int Lines = 20_000;
        var writing = Task.Run(
            () =>
            {
                for (var i = 1; i <= Lines; i++)
                {
                    _queue.Add(_step, i, $"{i}");
                }
            },
            TestContext.Current.CancellationToken);
        var seen = new List<string>();
        while (seen.Count < Lines)
        {
            seen.AddRange(_queue.Take() is ReportItem.Lines { Text: var text } ? text : []);
        }

        await writing;
        Assert.Equal(Enumerable.Range(1, Lines).Select(i => $"{i}"), seen);
    }

    [Fact]
    public void Of_a_long_backlog_that_nobody_takes_the_oldest_live_lines_go_unsent_but_no_record_does()
    {
        _queue.Add(new TimelineRecord { Id = _step });
        var line = new string('x', 1000);
        for (var i = 1; i <= 8000; i++)
        {
            _queue.Add(_step, i, line);
        }

        Assert.IsType<ReportItem.Records>(_queue.Take());
        Assert.Equal(3901, Assert.IsType<ReportItem.Lines>(_queue.Take()).StartLine);
    }
}
