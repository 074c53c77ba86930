using System.Net;
using System.Text.Json.Nodes;
using Tidepool.Deployment.Tests;
using Tidepool.Tests.Fargate.Api;
using Tidepool.Tests.Fargate.Metadata;

namespace Tidepool.Tests.Fargate.Runtimes;

/// <summary>What a task in a container engine finds out about itself.</summary>
public sealed class EngineMetadataSpecs(DockerDaemon daemon, Moto moto) : IClassFixture<Moto>
{
    private const string Get = """
        get() {
          exec 3<>/dev/tcp/169.254.170.2/80
          printf 'GET %s HTTP/1.0\r\n\r\n' "${1#http://169.254.170.2}" >&3
          while read -r line <&3 && [ ${#line} -gt 1 ]; do :; done
          cat <&3
          echo
        }

        """;

    [Fact]
    public async Task A_task_shows_the_address_that_it_has_and_loses_it_at_its_end()
    {
        await using var rig = await daemon.RigAsync();
        var task = await rig.RunAsync(FargateRig.Container(
            "agent-1", $"{Get}tail -1 /etc/hosts; cat /sys/class/net/eth0/address; get $ECS_CONTAINER_METADATA_URI_V4; echo end; {FargateRig.Wait}"));
        var lines = (await rig.LogUntilAsync(task, "agent-1", "end")).Split('\n');
        var (address, mac) = (lines[0].Split('\t')[0], lines[1]);
        var running = await rig.RunningAsync(task);

        Assert.True(IPAddress.TryParse(address, out var parsed) && !IPAddress.IsLoopback(parsed), address);
        Assert.Equal([address], running.Containers[0].NetworkInterfaces.Select(shown => shown.PrivateIpv4Address));
        var attachment = Assert.Single(running.Attachments);
        Assert.Equal("ATTACHED", attachment.Status);
        Assert.Equal(attachment.Id, running.Containers[0].NetworkInterfaces[0].AttachmentId);
        Assert.Equal(
            ["subnetId=subnet-1", $"macAddress={mac}", $"privateDnsName=ip-{address.Replace('.', '-')}.ec2.internal", $"privateIPv4Address={address}"],
            attachment.Details.Where(detail => detail.Name is not "networkInterfaceId").Select(detail => $"{detail.Name}={detail.Value}"));
        Assert.Matches("^eni-[0-9a-f]{17}$", attachment.Details.Single(detail => detail.Name is "networkInterfaceId").Value);

        var container = JsonNode.Parse(lines[2])!;
        var network = container["Networks"]![0]!;
        Assert.Equal((address, mac, 0), ((string?)network["IPv4Addresses"]![0], (string?)network["MACAddress"], (int?)network["AttachmentIndex"]));
        Assert.Matches(@"^[0-9.]+/[0-9]+$", (string?)network["IPv4SubnetCIDRBlock"]);
        Assert.Matches(@"^[0-9.]+\.1/[0-9]+$", (string?)network["SubnetGatewayIpv4Address"]);
        Assert.Matches("^sha256:[0-9a-f]{64}$", (string?)container["ImageID"]);

        Assert.Equal("DELETED", Assert.Single((await rig.StopAsync(task)).Attachments).Status);
    }

    [Fact]
    public async Task Statistics_are_the_engines_with_the_tasks_network()
    {
        await using var rig = await daemon.RigAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", $"{Get}while :; do :; done & until [ \"${{out:0:1}}\" = '{{' ]; do out=$(get $ECS_CONTAINER_METADATA_URI_V4/stats); done; echo \"$out\"; get $ECS_CONTAINER_METADATA_URI_V4/task/stats; echo end; wait"),
            FargateRig.Container("ended", "exit 0") with { Essential = false });
        var lines = (await rig.LogUntilAsync(task, "agent-1", "end")).Split('\n');
        Assert.StartsWith("{", lines[0]);
        var (stats, all) = (JsonNode.Parse(lines[0])!.AsObject(), JsonNode.Parse(lines[1])!.AsObject());
        var shown = await rig.DescribeAsync(task);

        Assert.DoesNotContain("null", lines[0], StringComparison.Ordinal);
        Assert.Equal(("agent-1", shown.Containers[0].RuntimeId), ((string?)stats["name"], (string?)stats["id"]));
        Assert.True((long)stats["cpu_stats"]!["cpu_usage"]!["total_usage"]! > (long)stats["precpu_stats"]!["cpu_usage"]!["total_usage"]!, lines[0]);
        Assert.True((long)stats["memory_stats"]!["usage"]! > 0, lines[0]);
        Assert.True((long)stats["networks"]!["eth0"]!["rx_bytes"]! >= 0, lines[0]);
        Assert.True((double)stats["network_rate_stats"]!["tx_bytes_per_sec"]! >= 0, lines[0]);
        Assert.Equal(shown.Containers.Select(container => container.RuntimeId), all.Select(entry => entry.Key));
        Assert.Equal(["agent-1", null], all.Select(entry => (string?)entry.Value?["name"]));
    }

    [Fact]
    public async Task The_aws_command_line_in_a_tasks_network_is_the_tasks_role_at_the_upstream()
    {
        await using var rig = await daemon.RigAsync(options => options with { Upstream = moto.Behind });
        rig.Fargate.Reach(moto.Behind.Port);
        var task = await TaskCredentialsSpecs.RunAsync(
            rig, "arn:aws:iam::123456789012:role/jobs", $"readlink /proc/self/ns/net; echo $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; {FargateRig.Wait}");
        var lines = (await rig.LogUntilAsync(task, "agent-1", "/v2/credentials/")).Split('\n');
        Assert.Matches("^/v2/credentials/[0-9a-f-]{36}$", lines[1]);

        // The machine's own command line in the task's network.
        var (code, output, error) = await AwsProcess.RunAsync(
            moto.Behind,
            TaskCredentialsSpecs.Only("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", lines[1]),
            ["nsenter", $"--net=/proc/{HostProcesses.InNetwork(lines[0])}/ns/net", "--"],
            "sts",
            "get-caller-identity");

        Assert.True(code == 0, error);
        Assert.Equal($"arn:aws:sts::123456789012:assumed-role/jobs/{task[^32..]}", (string?)JsonNode.Parse(output)!["Arn"]);
    }
}
