using System.Net;
using System.Net.Sockets;
using System.Text;
using Docker.DotNet;
using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes.Engine;
using Tidepool.Fargate.Volumes;
using Tidepool.Tasks;

namespace Tidepool.Tests.Fargate.Runtimes;

/// <summary>What only a container engine shows of Fargate.</summary>
public sealed class EngineSpecs(DockerDaemon daemon)
{
    private const string Ask = "exec 3<>/dev/tcp/169.254.170.2/80; printf 'GET %s HTTP/1.0\\r\\n\\r\\n' \"${ECS_CONTAINER_METADATA_URI_V4#http://169.254.170.2}/task\" >&3; cat <&3";

    // Perl without a module, for bash cannot listen.
    private const string Listen =
        "perl -e '$| = 1; socket(S, 2, 1, 0); bind(S, pack(\"S n N x8\", 2, 5000, 0)) or die; listen(S, 5); print \"listening\\n\"; while (accept(C, S)) { print C \"hello\\n\"; close C }'";

    private static CancellationToken Ct => FargateRig.Ct;

    [Fact]
    public async Task Containers_of_a_task_share_localhost_and_tasks_are_apart()
    {
        await using var rig = await daemon.RigAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("server", $"tail -1 /etc/hosts; {Listen}"),
            FargateRig.Container("client", $"until (exec 3<>/dev/tcp/127.0.0.1/5000) 2>/dev/null; do sleep 0.05; done; exec 3<>/dev/tcp/127.0.0.1/5000; cat <&3; {FargateRig.Wait}"));
        await rig.LogUntilAsync(task, "client", "hello");
        var address = (await rig.LogUntilAsync(task, "server", "listening")).Split('\t', '\n')[0];

        var other = await rig.RunToEndAsync(FargateRig.Container(
            "other", $"for host in 127.0.0.1 {address}; do timeout 2 bash -c \"exec 3<>/dev/tcp/$host/5000\" 2>/dev/null && echo reached $host || echo apart from $host; done"));

        Assert.True(IPAddress.TryParse(address, out _), address);
        Assert.Equal($"apart from 127.0.0.1\napart from {address}\n", rig.Log(other.TaskArn, "other"));
    }

    [Fact]
    public async Task The_metadata_endpoint_is_at_169_254_170_2()
    {
        await using var rig = await daemon.RigAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", $"echo $ECS_CONTAINER_METADATA_URI_V4 $ECS_AGENT_URI; {Ask}; {FargateRig.Wait}"));

        var log = await rig.LogUntilAsync(task, "agent-1", task);
        Assert.Matches("^http://169\\.254\\.170\\.2/v4/[0-9a-f]{32} http://169\\.254\\.170\\.2/api/[0-9a-f]{32}\n", log);
        Assert.Contains("200 OK", log);
    }

    [Fact]
    public async Task A_container_reaches_the_ports_of_this_machine_that_it_is_given_and_no_other()
    {
        await using var rig = await daemon.RigAsync();
        using var given = new TcpListener(IPAddress.Loopback, 0);
        using var kept = new TcpListener(IPAddress.Loopback, 0);
        given.Start();
        kept.Start();
        var (port, secret) = (((IPEndPoint)given.LocalEndpoint).Port, ((IPEndPoint)kept.LocalEndpoint).Port);
        rig.Fargate.Reach(port);

        var ended = rig.RunToEndAsync(FargateRig.Container(
            "agent-1", $"(exec 3<>/dev/tcp/127.0.0.1/{secret}) 2>/dev/null && echo reached {secret}; exec 3<>/dev/tcp/127.0.0.1/{port}; echo ping >&3; cat <&3"));
        using var client = await given.AcceptSocketAsync(Ct);
        var ping = new byte[5];
        await client.ReceiveAsync(ping, Ct);
        await client.SendAsync(Encoding.ASCII.GetBytes("from the machine\n"), Ct);
        client.Shutdown(SocketShutdown.Both);

        Assert.Equal("ping\n", Encoding.ASCII.GetString(ping));
        Assert.Equal("from the machine\n", rig.Log((await ended).TaskArn, "agent-1"));
    }

    [Fact]
    public async Task A_VOLUME_at_the_mounts_path_seeds_each_tasks_volume_anew_with_content_owner_and_mode()
    {
        await using var rig = await daemon.RigAsync();
        var container = Seeded("for f in /shared-storage /shared-storage/sub /shared-storage/sub/kept; do stat -c '%u:%g %a' $f; done; cat /shared-storage/sub/kept; stat -c %s /shared-storage/sub/large; stat -c %h /shared-storage/sub/again; readlink /shared-storage/sub/link; rm -r /shared-storage/sub; touch /shared-storage/more");
        for (var run = 0; run < 2; run++)
        {
            var stopped = await rig.RunToEndAsync(container with { User = "root" });
            Assert.Equal("1000:12 1770\n12:34 2755\n1000:1000 644\nfrom the image\n3145728\n2\nkept\n", rig.Log(stopped.TaskArn, "agent-1"));
            var volume = Assert.Single(rig.Fargate.DescribeVolumes(stopped.TaskArn));
            Assert.Equal((1000, 12, (UnixFileMode)0x3f8), (volume.Uid, volume.Gid, volume.Mode));
        }
    }

    [Fact]
    public async Task Without_a_VOLUME_the_volume_is_empty_and_hides_what_the_image_has_there()
    {
        await using var rig = await daemon.RigAsync();
        var stopped = await rig.RunToEndAsync(Seeded("stat -c '%u:%g %a' /data; ls -A /data") with { MountPoints = [new("bind-mount-storage", "/data")] });

        Assert.Equal("0:0 755\n", rig.Log(stopped.TaskArn, "agent-1"));
    }

    [Fact]
    public async Task An_EBS_volume_is_a_disk_that_the_containers_of_a_task_share_and_their_users_may_write_to()
    {
        await using var rig = await daemon.RigAsync(options => options with { StorageFolder = $"{options.EnvironmentFolder}-storage" });
        static ContainerDefinition Container(string name, string script) =>
            FargateRig.Container(name, script) with { User = "1000", MountPoints = [new("v", "/data")] };
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(
                Container("agent-1", $"stat -c %u:%a /data; echo $(($(stat -f -c %b /data) * $(stat -f -c %S /data) / 1048576))M; echo x > /data/x; {FargateRig.Wait}"),
                Container("agent-2", $"until [ -s /data/x ]; do sleep 0.01; done; stat -c %u:%g /data/x; {FargateRig.Wait}")) with
            {
                Volumes = [new() { Name = "v", ConfiguredAtLaunch = true }],
            },
            Ct);
        var volume = new TaskManagedEbsVolume
        {
            RoleArn = "arn:aws:iam::000000000000:role/r",
            SizeInGiB = 1,
            FilesystemType = "ext4",
            TerminationPolicy = new(DeleteOnTermination: false),
        };
        var run = await rig.Fargate.RunTaskAsync(
            new() { Cluster = "c", TaskDefinition = definition.TaskDefinitionArn, NetworkConfiguration = FargateRig.Network, VolumeConfigurations = [new("v", volume)] },
            Ct);

        var task = await rig.RunningAsync(run.Tasks[0].TaskArn);
        var id = task.Attachments[^1].Details.Single(detail => detail.Name == "volumeId").Value!;
        var group = Tidepool.Storage.EbsVolumeOwner.GroupOf(id);
        Assert.Equal($"1000:{group}\n", await rig.LogUntilAsync(task.TaskArn, "agent-2", "\n"));
        Assert.Matches(@"^0:2775\n9\d\dM\n$", await rig.LogUntilAsync(task.TaskArn, "agent-1", "M\n"));
        await rig.StopAsync(task.TaskArn);

        // The disk holds it, and not the folder that it was mounted at.
        var kept = new EbsStorage($"{rig.EnvironmentFolder}-storage", rig.Root, TimeProvider.System);
        Assert.Equal([id], kept.Volumes().Select(stored => stored.Volume.VolumeId));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(rig.EnvironmentFolder, "ebs", "mounted")));
    }

    [Fact]
    public async Task The_images_own_program_user_folder_and_variables_hold()
    {
        await using var rig = await daemon.RigAsync();
        var stopped = await rig.RunToEndAsync(Seeded("") with { Command = null });

        Assert.Equal("Essential container in task exited", stopped.StoppedReason);
        Assert.Equal("the image\n1000\n/tmp\nhello\n", rig.Log(stopped.TaskArn, "agent-1"));
    }

    [Fact]
    public async Task The_images_stop_signal_is_sent()
    {
        await using var rig = await daemon.RigAsync();
        var task = await rig.RunAsync(Seeded($"trap 'exit 5' INT; trap 'exit 6' TERM; echo ready; {FargateRig.Wait}"));
        await rig.LogUntilAsync(task, "agent-1", "ready");

        Assert.Equal(5, (await rig.StopAsync(task)).Containers[0].ExitCode);
    }

    [Fact]
    public async Task A_container_that_takes_more_memory_than_it_has_is_killed_and_says_so()
    {
        await using var rig = await daemon.RigAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "") with { Command = ["bash", "-c", "exec tail /dev/zero"], Memory = 32 });

        Assert.Equal((137, "OutOfMemoryError: Container killed due to memory usage"), (stopped.Containers[0].ExitCode, stopped.Containers[0].Reason));
        Assert.Equal("Essential container in task exited", stopped.StoppedReason);
    }

    [Fact]
    public async Task What_the_engine_has_of_a_task_is_labelled_limited_mounted_from_directories_and_tells_no_secret_in_labels()
    {
        await using var rig = await daemon.RigAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", $"echo $TOKEN; {FargateRig.Wait}") with
        {
            Cpu = 256,
            Memory = 512,
            MemoryReservation = 128,
            Ulimits = [new("nofile", 2048, 4096)],
            LinuxParameters = new() { Capabilities = new(["SYS_PTRACE"], ["NET_RAW"]) },
            DockerLabels = new Dictionary<string, string> { ["mine"] = "kept", ["tidepool.environment"] = "not mine" },
            Secrets = [new("TOKEN", "arn:aws:secretsmanager:us-east-1:000000000000:secret:azp")],
        });
        await rig.LogUntilAsync(task, "agent-1", "hunter2-of-the-deep");
        using var engine = daemon.Connect();
        var containers = await engine.Containers.ListContainersAsync(new() { All = true, Filters = EngineLabels.Filter(rig.EnvironmentFolder) }, Ct);
        var found = await Task.WhenAll(containers.Select(container => engine.Containers.InspectContainerAsync(container.ID, Ct)));

        Assert.All(found.SelectMany(container => container.Mounts), mount => Assert.Equal("bind", mount.Type));
        Assert.DoesNotContain(found.SelectMany(container => container.Config!.Labels.Values), label => label.Contains("hunter2", StringComparison.Ordinal));
        var agent = found.Single(container => container.Config!.Labels[EngineLabels.Role] == EngineLabels.Container);
        Assert.Equal(
            (task, "kept", "agent-1"),
            (agent.Config!.Labels["com.amazonaws.ecs.task-arn"], agent.Config.Labels["mine"], agent.Config.Labels["com.amazonaws.ecs.container-name"]));
        var limits = agent.HostConfig!;
        Assert.Equal((256, 512 << 20, 128 << 20, 1_000_000_000), (limits.CPUShares, limits.Memory, limits.MemoryReservation, limits.NanoCPUs));
        Assert.Equal(("nofile", 2048, 4096), (limits.Ulimits[0].Name, limits.Ulimits[0].Soft, limits.Ulimits[0].Hard));
        Assert.Equal(("SYS_PTRACE", "NET_RAW"), (limits.CapAdd[0].Replace("CAP_", "", StringComparison.Ordinal), limits.CapDrop[0].Replace("CAP_", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task After_the_end_the_engine_has_nothing_of_the_environment()
    {
        string folder;
        await using (var rig = await daemon.RigAsync())
        {
            folder = rig.EnvironmentFolder;
            var task = await rig.RunAsync(FargateRig.Container("agent-1", $"echo ready; {FargateRig.Wait}"));
            await rig.LogUntilAsync(task, "agent-1", "ready");
        }

        Assert.DoesNotContain(folder, await EngineLeftovers.EnvironmentsAsync(daemon.Socket, Ct));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task An_image_that_the_engine_lacks_is_refused_before_anything_runs()
    {
        await using var rig = await daemon.RigAsync();
        var problem = await Assert.ThrowsAsync<ProblemException>(() => rig.RunAsync(FargateRig.Container("agent-1", "") with { Image = "tidepool-agent:none" }));

        Assert.Equal(
            "ENGINE003: The container engine has no image tidepool-agent:none, and Tidepool pulls none. Build it: docker build -f docker/Dockerfile -t tidepool-agent:none .",
            problem.Message);
    }

    [Fact]
    public async Task An_image_for_another_processor_is_refused_before_anything_runs()
    {
        await using var rig = await daemon.RigAsync();
        var (asked, name) = TestImage.Architecture is "arm64" ? ("amd64", "X86_64") : ("arm64", "ARM64");
        var problem = await Assert.ThrowsAsync<ProblemException>(() => rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(FargateRig.Container("agent-1", "")) with { RuntimePlatform = new(name, "LINUX") }, Ct));

        Assert.Equal(
            $"ENGINE004: The image tidepool-agent:1 is for {TestImage.Architecture}, and the task definition asks for {asked}. "
            + "Build the image for that platform, or set runtimePlatform.cpuArchitecture.",
            problem.Message);
    }

    [Fact]
    public async Task A_task_whose_image_is_missing_fails_as_where_a_registry_has_none()
    {
        await using var rig = await daemon.RigAsync(options => options with { RefuseUnknownImages = false });
        var stopped = await rig.RunToEndAsync(FargateRig.Container("agent-1", "") with { Image = "nowhere:1" });

        Assert.Equal(
            (EcsStopCode.TaskFailedToStart, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref nowhere:1: not found"),
            (stopped.StopCode, stopped.StoppedReason));
    }

    [Fact]
    public async Task What_a_killed_Tidepool_left_in_the_engine_is_swept_at_the_next_start()
    {
        await daemon.StartAsync();
        var root = Directory.CreateTempSubdirectory("tidepool-kill-").FullName;
        try
        {
            using var process = EngineProcess.Start(root, AppContext.BaseDirectory, daemon.Socket, await Agent.AgentBinary.GetAsync());
            var report = await EngineProcess.ReportAsync(root, process);
            Assert.Null(report.Problem);
            process.Kill();
            await process.WaitForExitAsync(Ct);
            var folder = Path.Combine(root, "environments", "one");
            Assert.Contains(folder, await EngineLeftovers.EnvironmentsAsync(daemon.Socket, Ct));

            var swept = Assert.Single(await EnvironmentFolders.SweepAsync(Path.Combine(root, "environments"), null, TimeProvider.System, Ct));

            // Two of the task, its network's, and the network's of the next task, if that had been made.
            Assert.InRange(swept.ContainersRemoved, 3, 4);
            Assert.Equal(new(folder, 0, 1, null) { ContainersRemoved = swept.ContainersRemoved }, swept);
            Assert.DoesNotContain(folder, await EngineLeftovers.EnvironmentsAsync(daemon.Socket, Ct));
            Assert.False(Directory.Exists(folder));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public async Task What_the_engine_has_of_an_environment_whose_folder_is_gone_is_swept_too()
    {
        await daemon.StartAsync();
        var root = Path.Combine(Path.GetTempPath(), $"tidepool-gone-{Guid.NewGuid():n}");
        using var engine = daemon.Connect();
        foreach (var folder in new[] { Path.Combine(root, "one"), Path.Combine(root + "-of-another", "one") })
        {
            await engine.Networks.CreateNetworkAsync(
                new() { Name = $"n{Guid.NewGuid():n}", Driver = "bridge", Labels = new Dictionary<string, string> { [EngineLabels.Environment] = folder } }, Ct);
        }

        var swept = Assert.Single(await EnvironmentFolders.SweepAsync(root, daemon.Socket, TimeProvider.System, Ct));

        Assert.Equal(new(Path.Combine(root, "one"), 0, 0, null), swept);
        Assert.Contains(Path.Combine(root + "-of-another", "one"), await EngineLeftovers.EnvironmentsAsync(daemon.Socket, Ct));
        await EngineLeftovers.RemoveEnvironmentAsync(engine, Path.Combine(root + "-of-another", "one"), Ct);
    }

    [Fact]
    public async Task An_engine_that_dies_in_the_middle_of_a_task_and_comes_back_ends_the_task_and_runs_the_next()
    {
        await using var own = new DockerDaemon();
        await using var rig = await own.RigAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", $"echo ready; {FargateRig.Wait}"));
        await rig.LogUntilAsync(task, "agent-1", "ready");

        await own.CrashAsync();

        var stopped = await rig.StoppedAsync(task);
        Assert.Equal((EcsStopCode.EssentialContainerExited, "Essential container in task exited"), (stopped.StopCode, stopped.StoppedReason));
        Assert.True(Assert.Single(rig.Fargate.DescribeVolumes(task)).Removed);
        var next = await rig.RunToEndAsync(FargateRig.Container("agent-1", "echo again"));
        Assert.Equal("again\n", rig.Log(next.TaskArn, "agent-1"));
    }

    private static ContainerDefinition Seeded(string script) => FargateRig.Container("agent-1", "") with { Image = TestImage.Seeded, Command = [script] };
}
