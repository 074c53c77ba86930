using Tidepool.Agent.Reports;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

public sealed class ReportQueueSpecs
{
    private readonly ReportQueue queue = new();
    private readonly Guid step = Guid.NewGuid();

    [Fact]
    public void Things_are_sent_in_the_order_in_which_they_happened()
    {
        queue.Add(new TimelineRecord { Id = step, State = "inProgress" });
        queue.Add(step, 1, "a");
        queue.Add(step, 2, "b");
        queue.Add(new TimelineRecord { Id = step, State = "completed" });

        Assert.Equal("inProgress", Assert.Single(Assert.IsType<ReportItem.Records>(queue.Take()).Changed).State);
        Assert.Equal(["a", "b"], Assert.IsType<ReportItem.Lines>(queue.Take()).Text);
        Assert.Equal("completed", Assert.Single(Assert.IsType<ReportItem.Records>(queue.Take()).Changed).State);
        Assert.Null(queue.Take());
    }

    [Fact]
    public void Changes_of_one_record_become_its_last()
    {
        var other = Guid.NewGuid();
        queue.Add(new TimelineRecord { Id = step, State = "pending" });
        queue.Add(new TimelineRecord { Id = other });
        queue.Add(new TimelineRecord { Id = step, State = "inProgress" });

        Assert.Equal([other, step], Assert.IsType<ReportItem.Records>(queue.Take()).Changed.Select(record => record.Id));
    }

    [Fact]
    public void A_call_carries_a_hundred_lines_at_most()
    {
        for (var i = 1; i <= 250; i++)
        {
            queue.Add(step, i, $"{i}");
        }

        Assert.Equal([(1L, 100), (101L, 100), (201L, 50)], Enumerable.Range(0, 3)
            .Select(_ => Assert.IsType<ReportItem.Lines>(queue.Take()))
            .Select(lines => (lines.StartLine, lines.Text.Count)));
    }

    [Fact]
    public void Of_a_long_backlog_the_oldest_live_lines_go_unsent_but_no_record_does()
    {
        queue.Add(new TimelineRecord { Id = step });
        for (var i = 1; i <= 6000; i++)
        {
            queue.Add(step, i, $"{i}");
        }

        Assert.IsType<ReportItem.Records>(queue.Take());
        Assert.Equal(1001, Assert.IsType<ReportItem.Lines>(queue.Take()).StartLine);
    }
}
