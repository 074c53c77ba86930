using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes.Engine;

namespace Tidepool.Tests.Fargate.Runtimes;

public sealed class ContainerRuntimesSpecs(DockerDaemon daemon)
{
    [Fact]
    public async Task Auto_takes_an_engine_that_has_the_image()
    {
        await daemon.StartAsync();
        using var engine = daemon.Connect();
        var version = (await engine.System.GetVersionAsync(FargateRig.Ct)).Version;

        var choice = await ChooseAsync(RuntimeWish.Auto, TestImage.Agent, daemon.Socket);

        Assert.Equal((daemon.Socket, $"runtime docker, engine {version} at {daemon.Socket.AbsolutePath} has the image tidepool-agent:1"), (choice.Engine, choice.Why));
    }

    [Fact]
    public async Task Auto_takes_the_sandbox_where_the_engine_lacks_the_image()
    {
        await daemon.StartAsync();
        var choice = await ChooseAsync(RuntimeWish.Auto, "tidepool-agent:none", daemon.Socket);

        Assert.Equal((null, "runtime sandbox: The container engine has no image tidepool-agent:none, and Tidepool pulls none."), (choice.Engine, choice.Why));
    }

    [Fact]
    public async Task Auto_takes_the_sandbox_where_no_engine_answers()
    {
        var choice = await ChooseAsync(RuntimeWish.Auto, TestImage.Agent, new("unix:///no/such/engine.sock"));

        Assert.Null(choice.Engine);
        Assert.StartsWith("runtime sandbox: The container engine at unix:///no/such/engine.sock cannot be used: the container engine does not answer: ", choice.Why);
    }

    [Fact]
    public async Task An_engine_that_is_asked_for_and_does_not_answer_is_a_problem()
    {
        var problem = await Assert.ThrowsAsync<ProblemException>(() => ChooseAsync(RuntimeWish.Docker, TestImage.Agent, new("unix:///no/such/engine.sock")));

        Assert.Equal("ENGINE001", problem.Problem.Code);
        Assert.Equal("See that it runs and that you may use it, or take --runtime sandbox.", problem.Problem.Mend);
    }

    [Fact]
    public async Task An_engine_that_takes_the_connection_and_says_nothing_is_waited_for_two_seconds()
    {
        var folder = Directory.CreateTempSubdirectory("tidepool-mute-").FullName;
        try
        {
            using var mute = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
            mute.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint($"{folder}/s"));
            mute.Listen();

            var choice = await ChooseAsync(RuntimeWish.Auto, TestImage.Agent, new($"unix://{folder}/s"));

            Assert.Equal($"runtime sandbox: The container engine at unix://{folder}/s cannot be used: it did not answer within 2 s", choice.Why);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_sandbox_is_taken_unseen_when_it_is_asked_for() =>
        Assert.Equal(
            new(null, null),
            await ContainerRuntimes.ChooseAsync(RuntimeWish.Sandbox, TestImage.Agent, _ => throw new InvalidOperationException(), FargateRig.Ct));

    [Theory]
    [InlineData("tcp://10.0.0.1:2375")]
    [InlineData("ssh://me@there")]
    [InlineData("/var/run/docker.sock")]
    [InlineData("unix://")]
    public void An_engine_elsewhere_is_refused(string host)
    {
        var problem = Assert.Throws<ProblemException>(() => EngineSocket.Find(name => name is "DOCKER_HOST" ? host : null, _ => true));

        Assert.Equal(
            $"ENGINE002: DOCKER_HOST is {host}. Volumes are directories of this machine, so the engine must be on it. "
            + "Set DOCKER_HOST to a Unix socket, as in unix:///var/run/docker.sock, or unset it.",
            problem.Message);
    }

    [Theory]
    [InlineData(null, "/var/run/docker.sock", "unix:///var/run/docker.sock")]
    [InlineData("/run/user/1000", "/run/user/1000/docker.sock", "unix:///run/user/1000/docker.sock")]
    [InlineData("/run/user/1000", "/run/user/1000/podman/podman.sock", "unix:///run/user/1000/podman/podman.sock")]
    [InlineData(null, "/run/podman/podman.sock", "unix:///run/podman/podman.sock")]
    [InlineData(null, "/elsewhere", null)]
    public void The_usual_sockets_are_looked_for(string? runtimeFolder, string present, string? expected) =>
        Assert.Equal(expected, EngineSocket.Find(name => name is "XDG_RUNTIME_DIR" ? runtimeFolder : null, path => path == present)?.OriginalString);

    private static Task<RuntimeChoice> ChooseAsync(RuntimeWish wish, string image, Uri socket) =>
        ContainerRuntimes.ChooseAsync(wish, image, name => name is "DOCKER_HOST" ? socket.OriginalString : null, FargateRig.Ct);
}
