using Tidepool.Deployment;
using Tidepool.Deployment.Aws;
using Tidepool.Deployment.Verification;
using Tidepool.Rehearsal;
using Tidepool.Storage.Probes;
using Tidepool.Tests.Fargate;
using Tidepool.Tests.Fargate.Api;

namespace Tidepool.Tests.Deployment.Verification;

/// <summary>A local Fargate behind its HTTP endpoint, and the probes against it.</summary>
internal static class VerificationRig
{
    /// <summary>Runs probes in an environment of their own, and sees that nothing of them is left there.</summary>
    /// <param name="image">The image of all containers.</param>
    /// <param name="start">Starts the environment; null for one in the sandbox.</param>
    /// <param name="front">Starts what stands before the endpoint; null for nothing.</param>
    /// <param name="probes">The probes; none for all.</param>
    public static async Task<VerificationReport> RunAsync(
        string image, Func<Task<FargateRig>>? start = null, Func<Uri, Task<Uri>>? front = null, params string[] probes)
    {
        var report = await UseAsync(
            image,
            start,
            front,
            (place, setting) => new StorageVerification(place, setting, new Progress<DeploymentEvent>(), TimeProvider.System)
                .RunAsync([.. StorageProbes.All.Where(probe => probes.Length == 0 || probes.Contains(probe.Id))], FargateRig.Ct));
        Assert.Empty(report.Left);
        return report;
    }

    /// <summary>Hands over an environment of its own with a file system, and sees that nothing is left there of what was made.</summary>
    public static async Task<T> UseAsync<T>(
        string image, Func<Task<FargateRig>>? start, Func<Uri, Task<Uri>>? front, Func<VerificationPlace, ProbeSetting, Task<T>> use)
    {
        await using var rig = await EcsRig.StartAsync(await (start?.Invoke() ?? FargateRig.StartAsync()));
        using var connection = await AwsConnection.OpenAsync(
            new()
            {
                Region = "us-east-1",
                Environment = new Dictionary<string, string>
                {
                    ["AWS_ENDPOINT_URL"] = (front is null ? rig.Endpoint.Url : await front(rig.Endpoint.Url)).AbsoluteUri,
                    ["AWS_ACCESS_KEY_ID"] = "local",
                    ["AWS_SECRET_ACCESS_KEY"] = "local",
                },
            },
            TimeProvider.System,
            FargateRig.Ct);
        var storage = LocalProbeVolumes.Of(rig.Rig.EnvironmentFolder);
        var setting = Setting(image);
        var result = await storage.WithFileSystemAsync("probed", fileSystem => use(
            new()
            {
                Name = "local",
                Connection = connection,
                Runtime = rig.Rig.Fargate.Runtime.Name,
                Subnets = ["subnet-1"],
                Volumes = storage,
                Lines = new FileLines(rig.Rig.EnvironmentFolder, StorageProbes.LogPrefix),
                Poll = TimeSpan.FromMilliseconds(50),
                Limit = FargateRig.Limit,
            },
            setting with { FileSystem = fileSystem, DiskNotLimited = rig.Rig.Fargate.Runtime.DiskLimited ? null : "no limit" }));
        Assert.DoesNotContain(Directory.GetDirectories(rig.Rig.EnvironmentFolder, "vol-*", SearchOption.AllDirectories), folder => !folder.Contains("partial", StringComparison.Ordinal));
        Assert.Equal("[]", (await rig.AskAsync("ListTaskDefinitions", "{}"))["taskDefinitionArns"]!.ToJsonString());
        Assert.Equal("INACTIVE", (string?)(await rig.AskAsync("DescribeClusters", $$"""{"clusters":["{{setting.Id}}"]}"""))["clusters"]![0]!["status"]);
        return result;
    }

    /// <summary>A setting without a file system.</summary>
    public static ProbeSetting Setting(string image) => new()
    {
        Id = $"verify-{Guid.NewGuid():n}"[..20],
        Image = image,
        ImageVolume = "/shared-storage",
        ExecutionRoleArn = "arn:aws:iam::000000000000:role/execution",
        LogGroup = "/tidepool/verify",
        Region = "us-east-1",
        RestartAttemptSeconds = 0,
        MeasureSeconds = 3,
        InfrastructureRoleArn = "arn:aws:iam::000000000000:role/infrastructure",
    };

    /// <summary>The probes whose rule does not hold, and what they saw.</summary>
    public static string Different(this VerificationReport report) => string.Join(
        '\n', report.Probes.Where(probe => probe.Verdict == ProbeReport.Different).Select(probe => probe.Id).Order(StringComparer.Ordinal));
}
