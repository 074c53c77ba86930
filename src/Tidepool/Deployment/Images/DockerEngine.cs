using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tidepool.Deployment.Aws;
using Tidepool.Deployment.Tools;

namespace Tidepool.Deployment.Images;

/// <summary>The user's Docker engine, through the <c>docker</c> command.</summary>
internal sealed partial class DockerEngine(IProgress<DeploymentEvent> progress, TimeProvider clock)
{
    private const string EngineMend = "Start a Docker engine (Docker Desktop, colima, dockerd), or give an image of your own: --image REPOSITORY:TAG.";

    /// <summary>Builds the agent image, with the documented command line in the clone's root.</summary>
    /// <exception cref="ProblemException">DOCKER001: no <c>docker</c> on the PATH. DOCKER002: no engine answers it. DOCKER003: the engine cannot run programs of that
    /// platform. DOCKER005: the build failed.</exception>
    public async Task BuildAsync(string root, string platform, string reference, CancellationToken ct)
    {
        var answer = await RunAsync(BuildArguments(platform, reference), ct, folder: root);
        if (answer.ExitCode == 0)
        {
            return;
        }

        var words = Words(answer);
        throw IsNoEngine(words) ? NoEngine(words)
            : words.Contains("exec format error", StringComparison.OrdinalIgnoreCase) ? new ProblemException(
                "DOCKER003",
                $"The Docker engine cannot run programs of {platform}: {words}",
                "Give it QEMU (docker run --privileged --rm tonistiigi/binfmt --install all), or set cpu_architecture in terraform/terraform.tfvars to this machine's.")
            : new ProblemException("DOCKER005", $"The image could not be built: {words}", "Mend what it says; docs/image.md has the build arguments for mirrors, proxies and certificates.");
    }

    /// <summary>The arguments of the documented build: <c>docker build -f docker/Dockerfile --platform linux/arm64 -t REPO:TAG .</c></summary>
    public static IReadOnlyList<string> BuildArguments(string platform, string reference) =>
        ["build", "-f", BuildContext.Dockerfile, "--platform", platform, "-t", reference, "."];

    /// <summary>Pushes an image, logged in for this once: neither the user's own configuration nor a keychain ever holds the password.</summary>
    /// <exception cref="ProblemException">DOCKER004: the registry refused the login. DOCKER006: it refused the image.</exception>
    public async Task PushAsync(string reference, RegistryLogin login, CancellationToken ct)
    {
        using var configuration = new PrivateConfiguration();
        var loggedIn = await RunAsync(
            ["login", "--username", login.User, "--password-stdin", login.Registry], ct, configuration.Variables, login.Password.Reveal(), isShown: false);
        if (loggedIn.ExitCode != 0)
        {
            throw IsNoEngine(Words(loggedIn)) ? NoEngine(Words(loggedIn)) : new ProblemException(
                "DOCKER004", $"The registry {login.Registry} refused the login: {Words(loggedIn)}", "See that this machine reaches it (HTTPS_PROXY is honoured by the Docker engine's own settings), then run ./tidepool up again.");
        }

        var pushed = await RunAsync(["push", reference], ct, configuration.Variables);
        if (pushed.ExitCode != 0)
        {
            throw new ProblemException(
                "DOCKER006",
                $"The registry refused {reference}: {Words(pushed)}",
                "If it is a matter of permission, allow ecr:InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, BatchCheckLayerAvailability and PutImage; then run ./tidepool up again.");
        }
    }

    private async Task<ToolAnswer> RunAsync(
        IReadOnlyList<string> arguments,
        CancellationToken ct,
        IReadOnlyDictionary<string, string>? environment = null,
        string input = "",
        string? folder = null,
        bool isShown = true) =>
        await new ToolRun("docker", arguments)
        {
            Folder = folder,
            Environment = environment ?? new Dictionary<string, string>(),
            Input = input,
            OnLine = isShown ? line => progress.Report(Step().IsMatch(line) ? new Said(line.Trim()) : new Detail(line)) : null,
        }.RunAsync(clock, ct) ?? throw new ProblemException("DOCKER001", "There is no docker on the PATH.", "Install Docker: https://docs.docker.com/get-started/get-docker/. Or give an image of your own: --image REPOSITORY:TAG.");

    // Where a build or a push has come to: a step of BuildKit begins, a layer is there.
    [GeneratedRegex(@"^#\d+ \[[^\]]+ \d+/\d+\]|: (Pushed|Layer already exists|Mounted from .+)$|: digest: sha256:")]
    private static partial Regex Step();

    private static string Words(ToolAnswer answer) => answer.LastWords(6);

    private static bool IsNoEngine(string words) => words.Contains("docker daemon", StringComparison.OrdinalIgnoreCase);

    private static ProblemException NoEngine(string words) => new("DOCKER002", $"No Docker engine answers: {words}", EngineMend);

    /// <summary>
    /// A configuration folder for one push. The engine to talk to, the proxies and the plugins stay the user's; what is left out are the
    /// stored logins and the keychain, so that this login is kept in this folder alone, which only the user may read, until it is removed.
    /// </summary>
    private sealed class PrivateConfiguration : IDisposable
    {
        private static readonly string[] Logins = ["auths", "credsStore", "credHelpers"];

        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-docker-");

        public PrivateConfiguration()
        {
            var users = Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } given
                ? given
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker");
            foreach (var name in (string[])["contexts", "cli-plugins"])
            {
                if (Directory.Exists(Path.Combine(users, name)))
                {
                    File.CreateSymbolicLink(Path.Combine(_folder.FullName, name), Path.GetFullPath(Path.Combine(users, name)));
                }
            }

            File.WriteAllText(Path.Combine(_folder.FullName, "config.json"), Configuration(Path.Combine(users, "config.json")));
        }

        public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string> { ["DOCKER_CONFIG"] = _folder.FullName };

        // Removes the links, not what they lead to.
        public void Dispose() => _folder.Delete(recursive: true);

        private static string Configuration(string usersFile)
        {
            try
            {
                var json = File.Exists(usersFile) ? JsonNode.Parse(File.ReadAllText(usersFile)) as JsonObject : null;
                foreach (var login in Logins)
                {
                    json?.Remove(login);
                }

                return json?.ToJsonString() ?? "{}";
            }
            catch (Exception e) when (e is System.Text.Json.JsonException or IOException or UnauthorizedAccessException)
            {
                // docker itself says what is wrong with that file; this push does without it.
                return "{}";
            }
        }
    }
}
