using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Tidepool.Fargate.Upstream;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>Lines for an upstream that refuses them.</summary>
public sealed class LogStreamSpecs
{
    [Fact]
    public async Task A_refused_batch_is_sent_five_times_more_ever_later_and_then_given_up()
    {
        var clock = new FakeTimeProvider();
        var (sent, lost) = (new List<DateTimeOffset>(), new List<string>());
        await using var upstream = await StartAsync(() =>
        {
            lock (sent)
            {
                sent.Add(clock.GetUtcNow());
            }
        });
        using var client = new UpstreamClient(new(upstream.Urls.First()), "us-east-1", clock);
        var stream = new LogStream(client, new("g", "tide/agent-1/1", "us-east-1"), clock, lost.Add);
        stream.Write("spoken\n"u8);

        // A request takes time that the clock does not know, so pauses are at least as long as they should be.
        await Condition.UntilAsync(() => Advance(clock, lost.Count > 0), "the end of the retries");

        Assert.Equal(["Lines of tide/agent-1/1 were lost: ServiceUnavailableException: full"], lost);
        Assert.Equal(6, sent.Count);
        var pauses = sent.Zip(sent.Skip(1), (before, after) => (after - before).TotalSeconds).ToArray();
        Assert.All(pauses.Zip([1, 2, 4, 8, 16]), pause => Assert.True(pause.First >= pause.Second, string.Join(' ', pauses)));

        // The next is tried once, and not before a long pause.
        stream.Write("again\n"u8);
        await Condition.UntilAsync(() => Advance(clock, lost.Count > 1), "the loss of the next batch");
        Assert.Equal(7, sent.Count);
        Assert.True(sent[6] - sent[5] >= TimeSpan.FromSeconds(32));
        await stream.CompleteAsync(FargateRig.Ct);
    }

    private static bool Advance(FakeTimeProvider clock, bool done)
    {
        if (!done)
        {
            clock.Advance(TimeSpan.FromMilliseconds(200));
        }

        return done;
    }

    private static async Task<WebApplication> StartAsync(Action asked)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var upstream = builder.Build();
        upstream.Run(context =>
        {
            asked();
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync("""{"__type":"ServiceUnavailableException","message":"full"}""");
        });
        await upstream.StartAsync(FargateRig.Ct);
        return upstream;
    }
}
