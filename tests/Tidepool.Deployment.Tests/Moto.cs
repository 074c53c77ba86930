using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Tidepool.Deployment.Tests;

/// <summary>A real <c>moto_server</c> on a free port, as a fixture of a class: one process with one state, ended with TERM.</summary>
/// <remarks>
/// <see cref="Endpoint"/> is a <see cref="MotoFront"/>, which mends the one answer that makes Terraform see drift where there is none.
/// </remarks>
public sealed partial class Moto : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;
    private MotoFront? _front;

    /// <summary>What AWS clients take as <c>AWS_ENDPOINT_URL</c>; the test is skipped where moto is not installed.</summary>
    public Uri Endpoint => Front.Endpoint;

    /// <summary>moto itself, for looks that are not to be noted.</summary>
    public Uri Behind => Front.Moto;

    /// <summary>Every operation that was called so far: <c>ecs:CreateCluster</c>.</summary>
    public IReadOnlyCollection<string> Actions => Front.Actions;

    /// <summary>Environment of a client: this endpoint, made-up credentials, and nothing of the machine's own AWS settings.</summary>
    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>
    {
        ["AWS_ENDPOINT_URL"] = Endpoint.ToString().TrimEnd('/'),
        ["AWS_ACCESS_KEY_ID"] = "testing",
        ["AWS_SECRET_ACCESS_KEY"] = "testing",
        ["AWS_SESSION_TOKEN"] = null,
        ["AWS_PROFILE"] = null,
        ["AWS_REGION"] = null,
        ["AWS_DEFAULT_REGION"] = null,
        ["AWS_CA_BUNDLE"] = null,
        ["AWS_CONFIG_FILE"] = "/dev/null",
        ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null",
        ["AWS_EC2_METADATA_DISABLED"] = "true",
    };

    private MotoFront Front
    {
        get
        {
            Assert.SkipWhen(_front is null, "moto_server is not installed (pip install 'moto[server]').");
            return _front;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!Installed.Has("moto_server"))
        {
            return;
        }

        var start = new ProcessStartInfo("moto_server", ["-H", "127.0.0.1", "-p", "0"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Policies that AWS manages are there, as in every account; images of machines are of no use here.
        start.Environment["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true";
        start.Environment["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false";
        start.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _ = _process.WaitForExitAsync(CancellationToken.None).ContinueWith(
            _ => _listening.TrySetException(new InvalidOperationException($"moto_server ended before it listened. It said:\n{Said}")),
            TaskScheduler.Default);
        _front = await MotoFront.StartAsync(await _listening.Task.WaitAsync(Limit));
    }

    public async ValueTask DisposeAsync()
    {
        if (_front is not null)
        {
            await _front.DisposeAsync();
        }

        if (_process is null)
        {
            return;
        }

        if (!_process.HasExited)
        {
            using var term = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await term.WaitForExitAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    private void Hear(string? line)
    {
        if (line is null || _listening.Task.IsCompleted)
        {
            return;
        }

        lock (_said)
        {
            _said.AppendLine(line);
        }

        if (Running().Match(line) is { Success: true } match)
        {
            _listening.TrySetResult(new Uri(match.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"Running on (http://127\.0\.0\.1:\d+)")]
    private static partial Regex Running();
}
