using System.CommandLine;
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
    }

    public static Command Create()
    {
        var verify = new VerifyStorageCommand();
        var command = new Command(
            "verify-storage", "Tries each rule of Fargate's storage with real tasks, on this machine or in your account. Exit code 1 when one does not hold.")
        {
            verify._endpoint, verify._runtime, verify._image, verify._imageVolume, verify._only, verify._list, verify._json, verify._quiet, verify._timeScale,
        };
        var account = new AccountArguments(command);
        command.SetAction((parsed, ct) => verify.RunAsync(parsed, account, ct));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, AccountArguments account, CancellationToken ct)
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
            account.FileSystem(parsed),
            account.AccessPoint(parsed));
        var report = parsed.GetRequiredValue(_endpoint) switch
        {
            Local => await LocalVerification.OfOwnEnvironmentAsync(wish, probes, view, TryAsync, ct),
            OnAws => await account.UseAsync(parsed, wish.Image, wish.ImageVolume, probes, view, TryAsync, ct),
            var url => await LocalVerification.OfServedAsync(new(url), wish, probes, TryAsync, ct),
        };
        if (report is null)
        {
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

    private static Option<string?> Text(string name, string description, string help) => new(name) { Description = description, HelpName = help };
}
