using System.CommandLine;
using System.Security.Cryptography;
using Tidepool.Deployment;
using Tidepool.Deployment.Aws;
using Tidepool.Deployment.Verification;
using Tidepool.Fargate;
using Tidepool.Rehearsal;
using Tidepool.Storage.Probes;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool verify-storage</c>.</summary>
internal sealed class VerifyStorageCommand
{
    private const string Local = "local";
    private const string OnAws = "aws";
    private const string NoVolume = "none";

    private readonly Option<string> _endpoint = new("--endpoint")
    {
        Description = "Where: local (an environment of its own), aws (your account), or the URL of a 'tidepool serve'.",
        HelpName = "local|aws|URL",
        DefaultValueFactory = _ => Local,
    };

    private readonly Option<string> _runtime = RehearsalArguments.RuntimeOption("auto");
    private readonly Option<string?> _image = new("--image") { Description = "The image of all probes; it needs sh with coreutils or busybox.", HelpName = "REF" };

    private readonly Option<string> _imageVolume = new("--image-volume")
    {
        Description = "A path that is a VOLUME of the image, or none.",
        HelpName = "PATH",
        DefaultValueFactory = _ => "/shared-storage",
    };

    private readonly Option<string[]> _only = new("--only") { Description = "Try these probes only.", HelpName = "PROBE", AllowMultipleArgumentsPerToken = true };
    private readonly Option<bool> _list = new("--list") { Description = "List the probes with their claims; run nothing." };
    private readonly Option<string?> _json = new("--json") { Description = "Write the report as JSON to FILE; - is standard output.", HelpName = "FILE" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Show the result only." };

    private VerifyStorageCommand()
    {
        _endpoint.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not (Local or OnAws) and var url }] && !IsUrl(url))
            {
                result.AddError($"--endpoint is '{url}'; it must be local or aws or a URL such as http://127.0.0.1:4566.");
            }
        });
        _imageVolume.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not NoVolume and var path }] && !(path.StartsWith('/') && path.All(c => char.IsAsciiLetterOrDigit(c) || "/._-".Contains(c, StringComparison.Ordinal))))
            {
                result.AddError($"--image-volume is '{path}'; it must be an absolute path of letters, digits, '/', '.', '_' and '-', or {NoVolume}.");
            }
        });
        _only.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !StorageProbes.All.Any(probe => probe.Id == token.Value)))
            {
                result.AddError($"--only names '{token.Value}', and there is no such probe; 'tidepool verify-storage --list' shows them.");
            }
        });
    }

    public static Command Create()
    {
        var verify = new VerifyStorageCommand();
        var command = new Command("verify-storage", "Tries each rule of Fargate's storage with real tasks, on this machine or in your account. Exit code 1 when one does not hold.")
        {
            verify._endpoint, verify._runtime, verify._image, verify._imageVolume, verify._only, verify._list, verify._json, verify._quiet,
        };
        command.SetAction(verify.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var only = parsed.GetValue(_only) ?? [];
        var probes = StorageProbes.All.Where(probe => only.Length == 0 || only.Contains(probe.Id)).ToList();
        if (parsed.GetValue(_list))
        {
            VerificationView.List(probes);
            return (int)ExitCode.Done;
        }

        var json = parsed.GetValue(_json) is { } path ? ReportFile.Of(path) : null;
        var view = new VerificationView(json?.IsStandardOutput == true, parsed.GetValue(_quiet));
        var report = parsed.GetRequiredValue(_endpoint) switch
        {
            Local => await OfOwnEnvironmentAsync(parsed, probes, view, ct),
            _ => throw new InvalidOperationException("Not yet."),
        };
        view.Show(report);
        if (json is not null)
        {
            await json.WriteAsync(report.ToJson(), ct);
        }

        return (int)(report.HasDifference ? ExitCode.Failed : report.NothingTried ? ExitCode.Usage : ExitCode.Done);
    }

    private async Task<VerificationReport> OfOwnEnvironmentAsync(ParseResult parsed, IReadOnlyList<Probe> probes, VerificationView view, CancellationToken ct)
    {
        var image = parsed.GetValue(_image);
        await using var environment = await ServedEnvironment.StartAsync(
            new()
            {
                AgentBinary = Installation.AgentBinary,
                StateFolder = StateFolder.Find(Environment.GetEnvironmentVariable),
                EcsPort = 0,
                Runtime = (RehearsalArguments.Runtime(parsed, _runtime), image) is (RuntimeWish.Auto, not null) ? RuntimeWish.Docker : RehearsalArguments.Runtime(parsed, _runtime),
            },
            TimeProvider.System,
            view,
            ct);
        using var connection = await ConnectAsync(environment.Ecs.Url, ct);
        var id = NewId();
        return await new StorageVerification(
            new()
            {
                Name = Local,
                Connection = connection,
                Runtime = environment.Fargate.Runtime.Name,
                NotExercised = environment.Fargate.Runtime.NotExercised,
                Subnets = ["subnet-1"],
                Lines = new FileLines(environment.Folder, StorageProbes.LogPrefix),
                Poll = TimeSpan.FromMilliseconds(40),
                Limit = TimeSpan.FromMinutes(1),
            },
            new()
            {
                Id = id,
                Image = image ?? RehearsalOptions.DefaultImage,
                ImageVolume = ImageVolume(parsed),
                ExecutionRoleArn = "arn:aws:iam::000000000000:role/verify-storage",
                LogGroup = $"/tidepool/{id}",
                Region = connection.Region,
                RestartAttemptSeconds = 0,
            },
            view,
            TimeProvider.System).RunAsync(probes, ct);
    }

    private string? ImageVolume(ParseResult parsed) => parsed.GetValue(_imageVolume) is { } path and not NoVolume ? path : null;

    private static Task<AwsConnection> ConnectAsync(Uri endpoint, CancellationToken ct) => AwsConnection.OpenAsync(
        new()
        {
            Region = "us-east-1",
            Environment = new Dictionary<string, string>
            {
                ["AWS_ENDPOINT_URL"] = endpoint.AbsoluteUri,
                ["AWS_ACCESS_KEY_ID"] = "local",
                ["AWS_SECRET_ACCESS_KEY"] = "local",
            },
        },
        TimeProvider.System,
        ct);

    private static string NewId() => $"tidepool-verify-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";

    private static bool IsUrl(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https";
}
