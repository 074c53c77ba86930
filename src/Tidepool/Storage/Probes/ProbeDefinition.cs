using Tidepool.Tasks;

namespace Tidepool.Storage.Probes;

/// <summary>Task definitions of probes: the smallest task, scripts for a POSIX shell, output to the log.</summary>
internal static class ProbeDefinition
{
    /// <summary>The volume of every probe.</summary>
    public const string Volume = "probed";

    /// <summary>Where it is mounted, unless the probe is about the path: nothing is there in any image.</summary>
    public const string MountPath = "/tidepool-probe";

    /// <summary>What awslogs puts before a container's name.</summary>
    public const string LogPrefix = "probes";

    /// <summary>A user that is not root, of an image whose own user may be.</summary>
    public const string NotRoot = "1000:1000";

    /// <summary>CPU units of a task: the least.</summary>
    public const int CpuUnits = 256;

    /// <summary>Memory of a task in MiB: the least.</summary>
    public const int MemoryMiB = 512;

    /// <summary>A container waits no longer than this to be stopped, so that what is forgotten ends by itself. Seconds.</summary>
    public const int LongestWait = 900;

    // Only what busybox and coreutils both have. A listing in one line; owner and mode; and every entry with owner, mode and checksum.
    private const string Words =
        """
        export LC_ALL=C
        trap 'say end' EXIT
        say() { printf 'probe %s\n' "$*"; }
        names() { echo $(ls -A "$1" 2>&1); }
        owner() { stat -c '%u:%g %a' "$1" 2>&1; }
        walk() {
          for f in "$1"/* "$1"/.[!.]*; do
            if [ -L "$f" ]; then echo "link $(readlink "$f") ${f#"$2"}"
            elif [ -d "$f" ]; then echo "$(owner "$f") ${f#"$2"}/"; walk "$f" "$2"
            elif [ -e "$f" ]; then echo "$(owner "$f") $(cksum < "$f") ${f#"$2"}"
            fi
          done
        }
        """;

    // SIGTERM, unless the image has a STOPSIGNAL.
    private static readonly string[] StopSignals = ["TERM", "INT", "QUIT", "USR1", "USR2", "WINCH"];

    /// <summary>What keeps a container ready until it is stopped; <paramref name="atStop"/> is done at the stop signal, which is in <c>$signal</c> then.</summary>
    public static string Wait(string atStop = "exit 0") =>
        $"{string.Join('\n', StopSignals.Select(signal => $"trap 'signal={signal}; {atStop}' {signal}"))}\nsay ready\nsleep {LongestWait} & wait $!";

    /// <summary>What keeps a container running until it is killed.</summary>
    public static string Deaf { get; } = $"trap '' {string.Join(' ', StopSignals)}\nsay ready\nsleep {LongestWait}";

    public static RegisterTaskDefinitionRequest Of(ProbeSetting setting, string name, params IReadOnlyList<ContainerDefinition> containers) => new()
    {
        Family = $"{setting.Id}-{name}",
        Cpu = $"{CpuUnits}",
        Memory = $"{MemoryMiB}",
        NetworkMode = "awsvpc",
        RequiresCompatibilities = ["FARGATE"],
        ExecutionRoleArn = setting.ExecutionRoleArn,
        RuntimePlatform = setting.CpuArchitecture is { } architecture ? new(architecture, "LINUX") : null,
        Volumes = [new TaskVolume { Name = Volume }],
        ContainerDefinitions = containers,
    };

    /// <summary>A container that runs a script, as root unless told, with the volume at <see cref="MountPath"/>.</summary>
    public static ContainerDefinition Container(ProbeSetting setting, string name, string script) => new()
    {
        Name = name,
        Image = setting.Image,
        User = "0:0",
        EntryPoint = ["sh", "-c"],
        Command = [$"{Words}\n{script}"],
        WorkingDirectory = "/",
        MountPoints = [new(Volume, MountPath)],
        StopTimeout = 5,
        LogConfiguration = new("awslogs", new Dictionary<string, string>
        {
            ["awslogs-group"] = setting.LogGroup,
            ["awslogs-region"] = setting.Region,
            ["awslogs-stream-prefix"] = LogPrefix,
        }),
    };

    /// <summary>The container ends before the others that depend on it.</summary>
    public static ContainerDefinition First(this ContainerDefinition container) => container with { Essential = false };

    public static ContainerDefinition After(this ContainerDefinition container, string other) =>
        container with { DependsOn = [.. container.DependsOn, new(other, "SUCCESS")] };

    public static ContainerDefinition As(this ContainerDefinition container, string? user) => container with { User = user };

    public static ContainerDefinition At(this ContainerDefinition container, string path, bool readOnly = false) =>
        container with { MountPoints = [new(Volume, path, readOnly ? true : null)] };
}
