using Tidepool.Deployment.Aws;
using Tidepool.Deployment.Verification;
using Tidepool.Fargate;
using Tidepool.Rehearsal;
using Tidepool.Storage.Probes;
using Tidepool.Tasks;

namespace Tidepool.Cli;

/// <summary>What a user says of a verification on this machine.</summary>
/// <param name="Runtime">What runs containers.</param>
/// <param name="Image">The image; null for the runtime's ordinary one.</param>
/// <param name="ImageVolume">A path that is a VOLUME of it; null for none.</param>
/// <param name="TimeScale">Factor on AWS's own delays.</param>
/// <param name="FileSystemId">An EFS file system that is there; null for one of its own.</param>
/// <param name="AccessPointId">An access point of it.</param>
internal sealed record LocalWish(RuntimeWish Runtime, string? Image, string? ImageVolume, double TimeScale, string? FileSystemId, string? AccessPointId);

/// <summary>Joins the local Fargate and the verification of storage: an environment of its own, or one that <c>serve</c> keeps up.</summary>
internal static class LocalVerification
{
    // The sandbox has no images; of those that it knows this one shows most.
    private const string SandboxImage = "tidepool/with-volume:latest";

    // It is measured when it is asked for.
    private const int MeasureSeconds = 5;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Starts an environment, tries probes there, and stops it again.</summary>
    public static async Task<T> OfOwnEnvironmentAsync<T>(
        LocalWish wish, IReadOnlyList<Probe> probes, IProgress<RehearsalEvent> view, Func<VerificationPlace, ProbeSetting, Task<T>> use, CancellationToken ct)
    {
        if (wish is { Runtime: RuntimeWish.Sandbox, Image: { } named } && !named.Contains("tidepool", StringComparison.Ordinal))
        {
            throw new ProblemException("ENGINE005", $"--image is {named}, and the sandbox runs no image.", "Leave --image out, or use --runtime docker.");
        }

        var environment = await ServedEnvironment.StartAsync(
            new()
            {
                AgentBinary = Installation.AgentBinary,
                StateFolder = StateFolder.Find(Environment.GetEnvironmentVariable),
                EcsPort = 0,
                TimeScale = wish.TimeScale,
                Runtime = wish is { Runtime: RuntimeWish.Auto, Image: not null } ? RuntimeWish.Docker : wish.Runtime,
            },
            TimeProvider.System,
            view,
            ct);
        try
        {
            using var connection = await ConnectAsync(environment.Ecs.Url, "us-east-1", ct);
            var facts = environment.Fargate.Runtime;
            var storage = LocalProbeVolumes.Of(environment.Folder);
            var place = Place("local", connection) with
            {
                Runtime = facts.Name,
                NotExercised = facts.NotExercised,
                Lines = new FileLines(environment.Folder, StorageProbes.LogPrefix),
                Volumes = storage,
            };
            return await RunAsync(place, storage, facts.DiskLimited, wish, probes, use);
        }
        finally
        {
            // Whatever still runs has been asked to stop, or nobody waits for it.
            await environment.StopAsync(new CancellationToken(canceled: true));
        }
    }

    /// <summary>Tries probes in an environment that is up.</summary>
    public static async Task<T> OfServedAsync<T>(
        Uri url, LocalWish wish, IReadOnlyList<Probe> probes, Func<VerificationPlace, ProbeSetting, Task<T>> use, CancellationToken ct)
    {
        var environments = StateFolder.Find(Environment.GetEnvironmentVariable);
        var document = ServedEnvironments.List(environments)
            .FirstOrDefault(served => served.Ecs.AbsoluteUri.TrimEnd('/') == url.AbsoluteUri.TrimEnd('/'));
        using var connection = await ConnectAsync(url, document?.Region ?? "us-east-1", ct);
        try
        {
            _ = await new EcsClient(connection).DescribeClusterAsync("default", ct);
        }
        catch (ProblemException e)
        {
            throw new ProblemException("VERIFY009", $"No ECS endpoint answers at {url}: {e.Problem.What}", "Name a URL that tidepool serve printed.");
        }

        var lasting = StateFolder.FindStorage(Environment.GetEnvironmentVariable);
        var storage = document is null ? null : new LocalProbeVolumes(new(lasting, environments, TimeProvider.System), new(lasting, TimeProvider.System));
        var place = Place(url.AbsoluteUri.TrimEnd('/'), connection) with
        {
            Runtime = document?.Runtime,
            NotExercised = document?.NotExercised ?? [],
            Lines = document is null ? null : new FileLines(document.Folder, StorageProbes.LogPrefix),
            Volumes = storage,
        };
        return await RunAsync(place, storage, document?.DiskLimited is true, wish, probes, use);
    }

    private static VerificationPlace Place(string name, AwsConnection connection) => new()
    {
        Name = name,
        Connection = connection,
        Subnets = ["subnet-1"],
        Poll = Poll,
        Limit = Limit,
    };

    private static Task<T> RunAsync<T>(
        VerificationPlace place, LocalProbeVolumes? storage, bool diskLimited, LocalWish wish, IReadOnlyList<Probe> probes, Func<VerificationPlace, ProbeSetting, Task<T>> use)
    {
        var id = StorageVerification.NewId();
        return wish.FileSystemId is { } given ? WithAsync(ProbeSetting.FileSystemOf(given, wish.AccessPointId))
            : storage is not null && probes.Any(probe => probe.Kind is VolumeKind.Efs) ? storage.WithFileSystemAsync(id, WithAsync)
            : WithAsync(null);

        Task<T> WithAsync(EfsVolume? fileSystem) => use(
            place,
            new()
            {
                Id = id,
                Image = wish.Image ?? (place.Runtime is "sandbox" ? SandboxImage : RehearsalOptions.DefaultImage),
                ImageVolume = wish.ImageVolume,
                ExecutionRoleArn = "arn:aws:iam::000000000000:role/verify-storage",
                LogGroup = $"/tidepool/{id}",
                Region = place.Connection.Region,
                MeasureSeconds = MeasureSeconds,
                RestartAttemptSeconds = (int)double.Ceiling(StorageVerification.ShortestAttemptSeconds * wish.TimeScale),
                DiskNotLimited = diskLimited ? null : "the size of a task's disk is no limit here (see docs/local-fargate.md)",
                InfrastructureRoleArn = "arn:aws:iam::000000000000:role/verify-storage",
                NoSnapshots = storage is null ? "the environment is none of this machine and user, so that nothing takes snapshots" : null,
                FileSystem = fileSystem,
                IsFileSystemOwn = wish.FileSystemId is null,
            });
    }

    private static Task<AwsConnection> ConnectAsync(Uri endpoint, string region, CancellationToken ct) => AwsConnection.OpenAsync(
        new()
        {
            Region = region,
            Environment = new Dictionary<string, string>
            {
                ["AWS_ENDPOINT_URL"] = endpoint.AbsoluteUri,
                ["AWS_ACCESS_KEY_ID"] = "local",
                ["AWS_SECRET_ACCESS_KEY"] = "local",
            },
        },
        TimeProvider.System,
        ct);
}
