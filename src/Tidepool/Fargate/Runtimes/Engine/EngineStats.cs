using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>Statistics of a container as the engine has them, with those of the task's network, which its holder has.</summary>
internal static class EngineStats
{
    private const string Networks = "networks";

    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(1);

    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Reads for about a second: the engine takes two samples. Null when the container has none, as after its end.</summary>
    public static async Task<JsonObject?> ReadAsync(DockerClient client, string id, string holder, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            var before = await SampleAsync(client, holder, oneShot: true, ct);
            if (await SampleAsync(client, id, oneShot: false, ct) is not { } stats)
            {
                return null;
            }

            if (TimeOf(stats, "preread") is not { Year: > 1 })
            {
                // Podman takes one sample.
                await Task.Delay(Apart, clock, ct);
                if (await SampleAsync(client, id, oneShot: false, ct) is not { } later)
                {
                    return null;
                }

                (later["preread"], later["precpu_stats"]) = (stats["read"]?.DeepClone(), stats["cpu_stats"]?.DeepClone());
                stats = later;
            }

            var after = await SampleAsync(client, holder, oneShot: true, ct);
            stats.Remove(Networks);
            if (after?[Networks] is JsonObject networks)
            {
                stats[Networks] = networks.DeepClone();
                if (RateOf(before, after) is { } rate)
                {
                    stats["network_rate_stats"] = rate;
                }
            }

            return stats;
        }
        catch (Exception e) when (EngineWords.IsGone(e) || e is DockerApiException)
        {
            return null;
        }
    }

    /// <summary>Bytes a second between two samples; null when they tell none.</summary>
    public static JsonObject? RateOf(JsonObject? before, JsonObject? after)
    {
        var (first, last) = (TimeOf(before), TimeOf(after));
        if (before?[Networks] is not JsonObject from || after?[Networks] is not JsonObject to || last - first is not { TotalSeconds: > 0 } time)
        {
            return null;
        }

        double Rate(string counter) => (Sum(to, counter) - Sum(from, counter)) / time.TotalSeconds;
        return new() { ["rx_bytes_per_sec"] = Rate("rx_bytes"), ["tx_bytes_per_sec"] = Rate("tx_bytes") };
    }

    private static double Sum(JsonObject networks, string counter) => networks.Sum(network => (double?)network.Value?[counter] ?? 0);

    private static DateTimeOffset? TimeOf(JsonObject? sample, string name = "read") =>
        DateTimeOffset.TryParse((string?)sample?[name], CultureInfo.InvariantCulture, out var time) ? time : null;

    private static async Task<JsonObject?> SampleAsync(DockerClient client, string id, bool oneShot, CancellationToken ct)
    {
        var sample = new LastSample();
        await client.Containers.GetContainerStatsAsync(id, new() { Stream = false, OneShot = oneShot }, sample, ct);

        // Engines answer for a container that has ended, with the time zero.
        return sample.Value is { Read.Year: > 1 } value ? JsonSerializer.SerializeToNode(value, Json) as JsonObject : null;
    }

    private sealed class LastSample : IProgress<ContainerStatsResponse>
    {
        public ContainerStatsResponse? Value { get; private set; }

        public void Report(ContainerStatsResponse value) => Value = value;
    }
}
