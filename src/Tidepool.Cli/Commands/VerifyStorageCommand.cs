using System.CommandLine;
using Tidepool.Deployment;
using Tidepool.Deployment.Verification;
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
    private readonly Option<double> _timeScale = RehearsalArguments.TimeScaleOption();
    private readonly Option<string?> _image = Text("--image", "The image of all probes; it needs sh with coreutils or busybox.", "REF");

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
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "aws: do not ask before anything is made." };
    private readonly Option<string?> _cluster = Text("--cluster", "aws: the cluster. [default: the one that 'tidepool up' made]", "NAME");
    private readonly Option<string?> _service = Text("--service", "aws: a service whose image, network and roles are used. [default: the one that 'tidepool up' made]", "NAME");
    private readonly Option<string[]> _subnets = Many("--subnets", "aws: subnets of the tasks.", "ID");
    private readonly Option<string[]> _securityGroups = Many("--security-groups", "aws: security groups of the tasks.", "ID");
    private readonly Option<bool?> _publicIp = new("--assign-public-ip") { Description = "aws: give tasks a public address, their way to the registry where there is no NAT." };
    private readonly Option<string?> _executionRole = Text("--execution-role", "aws: the role that pulls the image and writes logs.", "ARN");
    private readonly Option<string?> _infrastructureRole = Text("--infrastructure-role", "aws: the role with which ECS makes EBS volumes.", "ARN");
    private readonly Option<string?> _fileSystem = Text("--file-system", "An EFS file system that tasks can reach.", "ID");
    private readonly Option<string?> _accessPoint = Text("--access-point", "An access point of it.", "ID");
    private readonly Option<string?> _architecture = Text("--cpu-architecture", "X86_64 or ARM64, as the image is.", "NAME");

    private VerifyStorageCommand()
    {
        _endpoint.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not (Local or OnAws) and var url }] && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            {
                result.AddError($"--endpoint is '{url}'; it must be local, aws, or a URL such as http://127.0.0.1:4566.");
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
                result.AddError($"--only names '{token.Value}', and there is no such probe; --list shows them.");
            }
        });
        _architecture.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not ("X86_64" or "ARM64") and var name }])
            {
                result.AddError($"--cpu-architecture is '{name}'; it must be X86_64 or ARM64.");
            }
        });
    }

    public static Command Create()
    {
        var verify = new VerifyStorageCommand();
        var command = new Command(
            "verify-storage", "Tries each rule of Fargate's storage with real tasks, on this machine or in your account. Exit code 1 when one does not hold.")
        {
            verify._endpoint, verify._runtime, verify._image, verify._imageVolume, verify._only, verify._list, verify._json, verify._quiet, verify._timeScale,
            verify._yes, verify._cluster, verify._service, verify._subnets, verify._securityGroups, verify._publicIp, verify._executionRole,
            verify._architecture, verify._infrastructureRole, verify._fileSystem, verify._accessPoint,
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
        var wish = new LocalWish(
            RehearsalArguments.Runtime(parsed, _runtime),
            parsed.GetValue(_image),
            parsed.GetValue(_imageVolume) is var volume and not NoVolume ? volume : null,
            parsed.GetValue(_timeScale),
            parsed.GetValue(_fileSystem),
            parsed.GetValue(_accessPoint));
        var report = parsed.GetRequiredValue(_endpoint) switch
        {
            Local => await LocalVerification.OfOwnEnvironmentAsync(wish, probes, view, TryAsync, ct),
            OnAws => await InAccountAsync(parsed, wish.ImageVolume, probes, view, ct),
            var url => await LocalVerification.OfServedAsync(new(url), wish, probes, TryAsync, ct),
        };
        if (report is null)
        {
            Console.Error.WriteLine("Nothing was made.");
            return (int)ExitCode.Failed;
        }

        view.Show(report);
        if (json is not null)
        {
            await json.WriteAsync(report.ToJson(), ct);
        }

        return (int)(report.HasDifference ? ExitCode.Failed : report.NothingTried ? ExitCode.Usage : ExitCode.Done);

        Task<VerificationReport> TryAsync(VerificationPlace place, ProbeSetting setting) =>
            new StorageVerification(place, setting, view, TimeProvider.System).RunAsync(probes, ct);
    }

    /// <summary>Says what it would make and cost, asks, and tries; null where the answer is no.</summary>
    private async Task<VerificationReport?> InAccountAsync(
        ParseResult parsed, string? imageVolume, IReadOnlyList<Probe> probes, VerificationView view, CancellationToken ct)
    {
        var isSure = parsed.GetValue(_yes);
        if (!isSure && Console.IsInputRedirected)
        {
            throw new ProblemException("VERIFY006", "This makes tasks in your account, and there is no terminal to ask at.", "Run it in a terminal, or with --yes.");
        }

        using var account = await AccountVerification.OpenAsync(
            Installation.Root,
            DeploymentSettings.ProcessEnvironment(),
            new()
            {
                Cluster = parsed.GetValue(_cluster),
                Service = parsed.GetValue(_service),
                Subnets = parsed.GetValue(_subnets) ?? [],
                SecurityGroups = parsed.GetValue(_securityGroups) ?? [],
                AssignPublicIp = parsed.GetValue(_publicIp),
                Image = parsed.GetValue(_image),
                ImageVolume = imageVolume,
                ExecutionRoleArn = parsed.GetValue(_executionRole),
                CpuArchitecture = parsed.GetValue(_architecture),
                InfrastructureRoleArn = parsed.GetValue(_infrastructureRole),
                FileSystemId = parsed.GetValue(_fileSystem),
                AccessPointId = parsed.GetValue(_accessPoint),
            },
            view,
            TimeProvider.System,
            ct);
        foreach (var line in account.Preview(probes))
        {
            Console.Error.WriteLine(PlainText.Of(line));
        }

        if (!isSure)
        {
            Console.Error.Write("Go on? [y/N] ");
            if (await Console.In.ReadLineAsync(ct) is not ("y" or "Y" or "yes"))
            {
                return null;
            }
        }

        return await account.RunAsync(probes, ct);
    }

    private static Option<string?> Text(string name, string description, string help) => new(name) { Description = description, HelpName = help };

    private static Option<string[]> Many(string name, string description, string help)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            HelpName = help,
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        };
        return option;
    }
}
