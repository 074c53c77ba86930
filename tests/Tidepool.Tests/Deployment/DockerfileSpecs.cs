using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tidepool.Deployment.Images;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Tests.Deployment;

public sealed partial class DockerfileSpecs
{
    private const string CommandLine = "docker build -f docker/Dockerfile --platform linux/arm64 -t REPO:TAG .";

    private static readonly string Text = Read("docker/Dockerfile");
    private static readonly Dockerfile Image = Dockerfile.Parse(Text);

    [Fact]
    public void The_image_keeps_its_rules() => Assert.Empty(DockerfileRules.Broken(Image));

    [Theory]
    [InlineData("USER agent", "USER root", "the last USER is root")]
    [InlineData("USER agent\n", "", "the last USER is missing, so root")]
    [InlineData("VOLUME [\"/shared-storage\"]\n", "", "there is no VOLUME [\"/shared-storage\"]")]
    [InlineData("VOLUME [\"/shared-storage\"]", "VOLUME /shared-storage", "there is no VOLUME [\"/shared-storage\"]")]
    [InlineData(" agent 1000 /shared-storage", " agent 1000", "/shared-storage is not made the agent's own before its VOLUME")]
    [InlineData("WORKDIR /home/agent", "RUN chown agent:agent /shared-storage",
        "this comes after VOLUME and is dropped: RUN chown agent:agent /shared-storage")]
    [InlineData("ENTRYPOINT [\"/opt/tidepool/tidepool-agent\", \"supervise\"]", "ENTRYPOINT /opt/tidepool/tidepool-agent supervise",
        "signals do not reach a shell form: ENTRYPOINT /opt/tidepool/tidepool-agent supervise",
        "the entry point is /opt/tidepool/tidepool-agent supervise")]
    [InlineData("\", \"supervise\"]", "\"]", "the entry point is [\"/opt/tidepool/tidepool-agent\"]")]
    [InlineData("USER agent", "HEALTHCHECK CMD true\nUSER agent", "the image has a CMD or a HEALTHCHECK: the second would see the token")]
    [InlineData("library/alpine:3.23.4", "library/alpine:latest", "ALPINE_IMAGE=docker.io/library/alpine:latest is not pinned to a release")]
    [InlineData("library/debian:13.5-slim", "library/debian:13-slim", "DEBIAN_IMAGE=docker.io/library/debian:13-slim is not pinned to a release")]
    [InlineData("dotnet/sdk:10.0.401-noble", "dotnet/sdk", "SDK_IMAGE=mcr.microsoft.com/dotnet/sdk is not pinned to a release")]
    [InlineData("AGENT_VERSION=5.278.0", "AGENT_VERSION=latest", "AGENT_VERSION=latest is not pinned to a release")]
    [InlineData("AZURE_CLI_VERSION=2.89.1", "AZURE_CLI_VERSION", "AZURE_CLI_VERSION= is not pinned to a release")]
    [InlineData("FROM ${DEBIAN_IMAGE} AS base-debian", "FROM debian:13.5-slim AS base-debian",
        "FROM debian:13.5-slim is neither a stage nor an argument, so no mirror can replace it")]
    [InlineData("ARG PIP_INDEX_URL", "ARG PIP_PASSWORD=x\nARG PIP_INDEX_URL", "ARG PIP_PASSWORD would stay in the image's history")]
    [InlineData("ENV HOME=/home/agent", "ENV HOME=/home/agent AZP_TOKEN=", "ENV AZP_TOKEN would stay in the image's history")]
    [InlineData("WORKDIR /home/agent", "RUN curl https://example.org/tool | sh",
        "this downloads without a checksum: RUN curl https://example.org/tool | sh")]
    [InlineData("WORKDIR /home/agent", "ADD https://example.org/tool /tool", "this downloads without a checksum: ADD https://example.org/tool /tool")]
    public void A_broken_rule_is_seen(string rule, string broken, params string[] seen)
    {
        Assert.Contains(rule, Text, StringComparison.Ordinal);
        Assert.Equal(seen, DockerfileRules.Broken(Dockerfile.Parse(Text.Replace(rule, broken, StringComparison.Ordinal))));
    }

    [Fact]
    public void The_documented_command_line_is_the_same_everywhere()
    {
        Assert.Contains(CommandLine, Text, StringComparison.Ordinal);
        Assert.Contains(CommandLine, Read("docs/image.md"), StringComparison.Ordinal);
        Assert.Equal(CommandLine, $"docker {string.Join(' ', DockerEngine.BuildArguments("linux/arm64", "REPO:TAG"))}");
    }

    [Fact]
    public async Task Everything_that_the_build_takes_is_in_git_and_reaches_the_builder()
    {
        var kept = (await TrackedAsync()).Where(file => file != "docker/Dockerfile");
        var ignore = DockerIgnore.Parse(Read(".dockerignore").Split('\n'));
        Assert.NotEmpty(Image.Sources);
        Assert.All(Image.Sources, source =>
        {
            var files = kept.Where(file => file == source || file.StartsWith(source + '/', StringComparison.Ordinal)).ToArray();
            Assert.NotEmpty(files);
            Assert.All(files, file => Assert.True(ignore.Sends(file), file));
        });
    }

    [Theory]
    [InlineData(".env")]
    [InlineData(".git/config")]
    [InlineData("terraform/terraform.tfvars")]
    [InlineData("terraform/terraform.tfstate")]
    [InlineData("terraform/.terraform/modules/modules.json")]
    [InlineData("artifacts/agent/tidepool-agent")]
    [InlineData("src/Tidepool.Agent/obj/project.assets.json")]
    [InlineData("src/Tidepool.Agent/bin/Release/net10.0/tidepool-agent")]
    [InlineData("src/Tidepool.Cli/Program.cs")]
    public void What_the_build_does_not_take_does_not_reach_the_builder(string path) =>
        Assert.False(DockerIgnore.Parse(Read(".dockerignore").Split('\n')).Sends(path));

    [Fact]
    public void The_supervisor_is_built_with_every_project_that_it_references()
    {
        var waiting = new Stack<string>(["src/Tidepool.Agent"]);
        var projects = new HashSet<string>();
        while (waiting.TryPop(out var project))
        {
            if (projects.Add(project))
            {
                var file = Directory.GetFiles(Path.Combine(Clone.Root, project), "*.csproj").Single();
                foreach (Match reference in ProjectReference().Matches(File.ReadAllText(file)))
                {
                    waiting.Push($"src/{reference.Groups[1].Value}");
                }
            }
        }

        Assert.Equal(projects.Order(StringComparer.Ordinal),
            Image.Sources.Where(source => source.StartsWith("src/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Each_platform_and_flavour_has_the_published_sum_of_the_agent()
    {
        var version = Image.Settings.Single(setting => setting.Name == "AGENT_VERSION").Value;
        var sums = Read("docker/agent.sha256").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split("  ")).ToArray();
        Assert.Equal(
            ["linux-arm64", "linux-musl-arm64", "linux-musl-x64", "linux-x64"],
            sums.Where(sum => sum[1].EndsWith($"-{version}.tar.gz", StringComparison.Ordinal))
                .Select(sum => sum[1]["vsts-agent-".Length..^$"-{version}.tar.gz".Length]).Order(StringComparer.Ordinal));
        Assert.All(sums, sum => Assert.Matches("^[0-9a-f]{64}$", sum[0]));
        Assert.Equal(sums.Length, sums.Select(sum => sum[0]).Distinct().Count());
    }

    [Fact]
    public void Every_stage_has_its_list_of_packages()
    {
        var lists = Regex.Matches(Text, @"/docker/packages\.sh ([\w-]+)").Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal);
        var script = Read("docker/packages.sh");
        Assert.Equal(["azure-cli", "compiler", "sysroot", "tools"], lists);
        Assert.All(lists, list => Assert.Contains($"  {list}-", script, StringComparison.Ordinal));
    }

    [Fact]
    public void The_task_definition_runs_the_user_of_the_image_and_mounts_its_volume()
    {
        using var definition = JsonDocument.Parse(Read("terraform/agent-container.json.tftpl"));
        var mounts = definition.RootElement.GetProperty("mountPoints").EnumerateArray();
        Assert.Equal(Image.Final.Last(one => one.Keyword == "USER").Rest, definition.RootElement.GetProperty("user").GetString());
        Assert.Equal(
            Image.Final.Single(one => one.Keyword == "VOLUME").Exec!,
            mounts.Select(mount => mount.GetProperty("containerPath").GetString()!));
        Assert.False(definition.RootElement.TryGetProperty("command", out _) || definition.RootElement.TryGetProperty("entryPoint", out _));
    }

    [Fact]
    public void The_sandbox_knows_the_image_as_it_is_built()
    {
        var known = BuiltInImages.Agent;
        var user = known.UserOf(null)!;
        var made = $"user.sh {user.Name} {user.Uid} {known.Volumes.Single().Path}";
        var azp = Image.Final.Single(one => one.Keyword == "COPY" && one.Rest.EndsWith(" /azp", StringComparison.Ordinal));
        Assert.Equal(Image.Final.Last(one => one.Keyword == "USER").Rest, known.DefaultUser);
        Assert.Contains(Image.Final, one => one.Rest.EndsWith(made, StringComparison.Ordinal));
        Assert.Equal($"{user.Uid}:{user.Gid}", azp.Flag("chown"));
        Assert.Equal(known.WorkingDirectory, Image.Final.Last(one => one.Keyword == "WORKDIR").Rest);
        Assert.Equal(BuiltInImages.AgentPath, Image.Final.Last(one => one.Keyword == "ENTRYPOINT").Exec![0]);
    }

    [Fact]
    public void Every_argument_is_documented_with_its_default()
    {
        var rows = Read("docs/image.md").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToArray();
        var arguments = Image.Settings.Where(setting => setting.Keyword == "ARG" && !setting.Name.StartsWith("TARGET", StringComparison.Ordinal))
            .GroupBy(setting => setting.Name, setting => setting.Value);
        Assert.All(arguments, argument => Assert.Contains(rows, row =>
            row.StartsWith($"| `{argument.Key}` |", StringComparison.Ordinal)
            && argument.All(value => row.Contains(value, StringComparison.Ordinal))));
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Clone.Root, path));

    private static async Task<string[]> TrackedAsync()
    {
        var start = new ProcessStartInfo("git", ["ls-files"]) { WorkingDirectory = Clone.Root, RedirectStandardOutput = true };
        using var git = Process.Start(start)!;
        var files = await git.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await git.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, git.ExitCode);
        return files.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [GeneratedRegex(@"<ProjectReference Include=""\.\./([^/""]+)/")]
    private static partial Regex ProjectReference();
}
