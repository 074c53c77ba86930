namespace Tidepool.Tests.Fargate;

public sealed class SandboxIsolationSpecs
{
    private const string Secret = "hunter2-of-the-deep";

    [Theory]
    [InlineData("agent")]
    [InlineData("root")]
    public async Task Nothing_of_the_machine_can_be_read_but_its_programs(string user)
    {
        await using var rig = await FargateRig.StartAsync();
        File.WriteAllText(Path.Combine(rig.Root, "private"), "x");
        var repository = Path.GetFullPath(AppContext.BaseDirectory);
        var paths = new[] { "/etc/shadow", "/etc/gshadow", "/etc/ssl/private", "/sys/kernel", "/boot", "/var/lib", "/mnt", "/srv", "/run/user", rig.Root, repository, "/root/.bashrc", "/home/agent/.bashrc" };
        var stopped = await rig.RunToEndAsync(FargateRig.Container(
            "agent-1",
            $"for path in {string.Join(' ', paths)}; do [ -e $path ] && echo can see $path; done; "
            + "ls / | tr '\\n' ' '; echo; ls -A /home | tr '\\n' ' '; ls -A /home/agent /root 2>/dev/null | grep -v : | tr -d '\\n'; echo; ls /etc | tr '\\n' ' '; echo; cut -d: -f1,3,4 /etc/passwd | tr '\\n' ' '; echo") with
        {
            User = user,
        });

        var lines = rig.Log(stopped.TaskArn, "agent-1").Split('\n');
        Assert.All(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), name => Assert.Contains(
            name, new[] { "bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "opt", "proc", "root", "run", "sbin", "shared-storage", "tmp", "usr", "var" }));
        Assert.Equal(user is "agent" ? "agent" : "", lines[1].Trim());
        Assert.All(lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries), name => Assert.Contains(
            name, new[] { "alternatives", "ca-certificates", "crypto-policies", "group", "hosts", "ld.so.cache", "localtime", "nsswitch.conf", "passwd", "pki", "resolv.conf", "ssl" }));
        Assert.Equal("root:0:0 agent:1000:1000 nobody:65534:65534 ", lines[3]);
    }

    [Fact]
    public async Task A_container_sees_its_own_processes_and_no_descriptor_of_the_machine()
    {
        await using var rig = await FargateRig.StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container(
            "agent-1", "echo $$; ls /proc | grep -c '^[0-9]'; readlink /proc/1/fd/* | grep -v pipe: | sort -u; hostname"));

        var lines = rig.Log(stopped.TaskArn, "agent-1").Trim().Split('\n');
        Assert.Equal("1", lines[0]);
        Assert.InRange(int.Parse(lines[1]), 1, 5);
        Assert.Equal(["/dev/null", stopped.TaskId[..12]], lines[2..]);
    }

    [Fact]
    public async Task The_agent_has_no_capability_and_root_only_a_containers_few()
    {
        await using var rig = await FargateRig.StartAsync();
        Assert.SkipUnless(rig.Fargate.Runtime.OwnersEnforced, "Without a range in /etc/subuid there is no setpriv.");
        const string Script = "grep -E 'Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs' /proc/self/status | tr -d '\\t' | tr '\\n' ' '";
        var stopped = await rig.RunToEndAsync(
            FargateRig.Container("init", Script) with { Essential = false, User = "root" },
            FargateRig.Container("agent-1", Script) with { DependsOn = [new("init", "SUCCESS")] });

        Assert.Equal(
            "CapPrm:0000000000000000 CapEff:0000000000000000 CapBnd:0000000000000000 CapAmb:0000000000000000 NoNewPrivs:1 ",
            rig.Log(stopped.TaskArn, "agent-1"));

        // chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service
        Assert.Equal(
            "CapPrm:00000000000005fb CapEff:00000000000005fb CapBnd:00000000000005fb CapAmb:0000000000000000 NoNewPrivs:1 ",
            rig.Log(stopped.TaskArn, "init"));
    }

    [Fact]
    public async Task Root_in_a_container_cannot_change_the_machine()
    {
        await using var rig = await FargateRig.StartAsync();
        var stopped = await rig.RunToEndAsync(FargateRig.Container(
            "agent-1",
            """
            for path in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/sysrq-trigger /usr/bin/x /etc/passwd /etc/x /x /opt/tidepool/tidepool-agent /dev/x; do
              (echo x > $path) 2>/dev/null && echo wrote $path
            done
            mknod /tmp/disk b 254 0 2>/dev/null && echo made a device
            mount -t tmpfs none /tmp 2>/dev/null && echo mounted
            unshare --user true 2>/dev/null && echo a user namespace
            echo done
            """) with
        { User = "root" });

        var said = rig.Log(stopped.TaskArn, "agent-1").Replace("wrote /dev/x\n", "");
        Assert.Equal("done\n", said.Replace("a user namespace\n", ""));
    }

    [Fact]
    public async Task The_environment_is_the_images_the_definitions_and_ECSs_and_nothing_of_the_machines()
    {
        await using var rig = await FargateRig.StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", "") with
        {
            Command = ["bash", "-c", "tr '\\0' '\\n' < /proc/1/environ | sort; echo end; exec sleep 1000"],
            Environment = [new("GREETING", "a = \"b\"\nc"), new("PATH", "/usr/bin:/bin"), new("EMPTY", "")],
            Secrets = [new("AZP_TOKEN", "arn:aws:secretsmanager:us-east-1:000000000000:secret:azp")],
        });

        var lines = (await rig.LogUntilAsync(task, "agent-1", "end\n")).Split('\n').Where(line => line is not "" and not "end").ToArray();
        Assert.Equal(
            [
                "AWS_DEFAULT_REGION=us-east-1", "AWS_EXECUTION_ENV=AWS_ECS_FARGATE", "AWS_REGION=us-east-1", $"AZP_TOKEN={Secret}", "c",
                "ECS_AGENT_URI=", "ECS_CONTAINER_METADATA_URI=", "ECS_CONTAINER_METADATA_URI_V4=", "EMPTY=", "GREETING=a = \"b\"", "HOME=/home/agent",
                $"HOSTNAME={EcsId(task)[..12]}", "PATH=/usr/bin:/bin", "PWD=/home/agent",
            ],
            lines.Select(line => line.StartsWith("ECS_", StringComparison.Ordinal) ? line[..(line.IndexOf('=') + 1)] : line).OrderBy(line => line, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_secret_is_in_the_environment_of_its_program_and_of_no_other_process()
    {
        await using var rig = await FargateRig.StartAsync(options => options with
        {
            Secrets = new Dictionary<string, string> { ["arn:secret"] = $"{Secret}-{OwnSecret}" },
        });
        var marker = $"holder-{Guid.NewGuid():n}";
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(
            FargateRig.Definition(
                FargateRig.Container("agent-1", "") with
                {
                    Command = ["bash", "-c", $"exec -a {marker} sleep 1000"],
                    Secrets = [new("AZP_TOKEN", "arn:secret")],
                },
                FargateRig.Container("agent-2", $"grep -l {Secret} /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | grep -v -e /self/ -e /$BASHPID/ -e /1/cmdline; echo looked; {FargateRig.Wait}")),
            FargateRig.Ct);
        var task = await rig.RunAsync(definition.TaskDefinitionArn);
        await Condition.UntilAsync(() => HostProcesses.WithArgument(marker).Count == 1, "the program");

        var holder = Assert.Single(HostProcesses.WithArgument(marker));
        Assert.Equal([holder], HostProcesses.Holding(OwnSecret));
        Assert.Contains(OwnSecret, HostProcesses.Read(holder, "environ"));

        // The other container of the task has processes of its own only, and its script's own text is all that it finds.
        var found = (await rig.LogUntilAsync(task, "agent-2", "looked")).Split('\n');
        Assert.DoesNotContain(found, line => line.EndsWith("environ", StringComparison.Ordinal));
        Assert.DoesNotContain(OwnSecret, await ReadAllAsync(rig.EnvironmentFolder));
        Assert.DoesNotContain(OwnSecret, string.Join("\n", definition.ContainerDefinitions));
    }

    private static readonly string OwnSecret = Guid.NewGuid().ToString("n");

    private static string EcsId(string arn) => arn[(arn.LastIndexOf('/') + 1)..];

    private static async Task<string> ReadAllAsync(string folder)
    {
        var text = "";
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) is not ("lock" or "reserved")))
        {
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            text += await reader.ReadToEndAsync(FargateRig.Ct);
        }

        return text;
    }
}
