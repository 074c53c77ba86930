using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tidepool.Bench;

/// <summary>The ECS endpoint against <c>moto_server</c>, in turns: requests a second, their slowest hundredth, memory and start.</summary>
internal static partial class EndpointBench
{
    private const int Connections = 8;
    private const int Rounds = 5;
    private const int Starts = 7;

    // Both do the same, before memory is looked at.
    private const int EqualRequests = 1000;

    // In the timed rounds both take about as long.
    private const int MotoRequests = 200;
    private const int TidepoolRequests = 20 * MotoRequests;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, CancellationToken ct)
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "moto_server"))))
        {
            Console.Error.WriteLine("not measured: there is no moto_server");
            return [];
        }

        var starts = await StartsAsync(installed, ct);
        await using var tidepool = await EcsServer.TidepoolAsync(installed, engine: null, ct);
        await using var moto = await EcsServer.MotoAsync(ct);
        using var ours = new EcsClient(tidepool.Url, Connections);
        using var theirs = new EcsClient(moto.Url, Connections);
        var idle = ProcessMemory.Of(tidepool.Pid);
        var ourTask = await PrepareAsync(ours, "subnet-1", ct);
        var theirTask = await PrepareAsync(theirs, await SubnetAsync(moto.Url, ct), ct);
        (string Operation, JsonObject Ours, JsonObject Theirs)[] operations =
        [
            ("DescribeClusters", BenchTask.DescribeClusters, BenchTask.DescribeClusters),
            ("RegisterTaskDefinition", BenchTask.Definition, BenchTask.Definition),
            ("DescribeTasks", BenchTask.Describe([ourTask]), BenchTask.Describe([theirTask])),
        ];
        foreach (var (operation, our, their) in operations)
        {
            await ours.RepeatAsync(operation, our, EqualRequests, ct);
            await theirs.RepeatAsync(operation, their, EqualRequests, ct);
        }

        var (ourMemory, theirMemory) = (ProcessMemory.Of(tidepool.Pid), ProcessMemory.Of(moto.Pid));
        var measurements = new List<Measurement>(starts);
        foreach (var (operation, our, their) in operations)
        {
            var (ourRates, theirRates) = (new List<double>(), new List<double>());
            var (ourTimes, theirTimes) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                Add(await ours.RepeatAsync(operation, our, TidepoolRequests, ct), ourRates, ourTimes);
                Add(await theirs.RepeatAsync(operation, their, MotoRequests, ct), theirRates, theirTimes);
            }

            measurements.Add(new(
                $"{operation}: requests a second over those of moto_server", Middle(ourRates) / Middle(theirRates), "×", 20, AtLeast: true,
                string.Create(CultureInfo.InvariantCulture, $"medians of {Rounds} rounds in turns, {Connections} connections: {Middle(ourRates):0} and {Middle(theirRates):0}")));
            measurements.Add(new(
                $"{operation}: 99 of 100 requests within", Hundredth(ourTimes), "ms", Hundredth(theirTimes), AtLeast: false,
                $"of {ourTimes.Count}; the limit is moto_server's own, of {theirTimes.Count}"));
        }

        measurements.Add(new(
            "tidepool serve: resident memory over that of moto_server", ourMemory.Resident / theirMemory.Resident, "×", 0.5, AtLeast: false,
            $"MiB after {EqualRequests} requests of each kind: {ourMemory}; moto_server {theirMemory}; at first {idle}; after the {TidepoolRequests * Rounds} timed ones of each kind {ProcessMemory.Of(tidepool.Pid)}"));
        return measurements;

        static void Add((double Rate, IReadOnlyList<double> Milliseconds) round, List<double> rates, List<double> times)
        {
            rates.Add(round.Rate);
            times.AddRange(round.Milliseconds);
        }
    }

    private static async Task<IReadOnlyList<Measurement>> StartsAsync(Installed installed, CancellationToken ct)
    {
        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var i = 0; i < Starts; i++)
        {
            await using (var tidepool = await EcsServer.TidepoolAsync(installed, engine: null, ct))
            {
                ours.Add(tidepool.StartedIn.TotalMilliseconds);
            }

            await using (var moto = await EcsServer.MotoAsync(ct))
            {
                theirs.Add(moto.StartedIn.TotalMilliseconds);
            }
        }

        return [Measurement.Median("tidepool serve, process start to ready; the limit is moto_server's own", ours, "ms", Middle(theirs), "starts")];
    }

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static double Hundredth(List<double> values) => values.Order().ElementAt(values.Count * 99 / 100);

    /// <summary>Makes the cluster and a task of it.</summary>
    private static async Task<string> PrepareAsync(EcsClient client, string subnet, CancellationToken ct)
    {
        await client.AskAsync("CreateCluster", new() { ["clusterName"] = BenchTask.Cluster }, ct);
        await client.AskAsync("RegisterTaskDefinition", BenchTask.Definition, ct);
        return (string)(await client.AskAsync("RunTask", BenchTask.Run(subnet), ct))["tasks"]![0]!["taskArn"]!;
    }

    // moto_server runs no task in a subnet that its EC2 does not have.
    private static async Task<string> SubnetAsync(Uri moto, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = moto };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["Action"] = "DescribeSubnets", ["Version"] = "2016-11-15" }),
        };
        request.Headers.TryAddWithoutValidation("Authorization", "AWS4-HMAC-SHA256 Credential=local/20250101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0");
        using var answer = await http.SendAsync(request, ct);
        return SubnetId().Match(await answer.Content.ReadAsStringAsync(ct)).Groups[1].Value;
    }

    [GeneratedRegex("<subnetId>(.*?)</subnetId>")]
    private static partial Regex SubnetId();
}
