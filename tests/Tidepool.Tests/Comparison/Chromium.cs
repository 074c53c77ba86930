using System.Diagnostics;
using Tidepool.Deployment.Tests;

[assembly: AssemblyFixture(typeof(Tidepool.Tests.Comparison.Chromium))]

namespace Tidepool.Tests.Comparison;

/// <summary>A real Chromium without a window, driven over its DevTools protocol; one for all tests of a run. It has a profile of its own and no network.</summary>
/// <remarks>Source: https://chromedevtools.github.io/devtools-protocol/</remarks>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-chromium-");
    private Process? _process;
    private Uri? _address;

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A new page of the browser, which starts with the first. The test is skipped where there is none.</summary>
    internal async Task<BrowserPage> OpenAsync(string html)
    {
        var program = new[] { "chromium", "chromium-browser", "google-chrome" }.FirstOrDefault(Installed.Has);
        Assert.SkipWhen(program is null, "There is no chromium on the PATH. ./prerequisites.sh test installs it.");
        await _turn.WaitAsync(Ct);
        try
        {
            _address ??= await StartAsync(program!).WaitAsync(Limit, Ct);
        }
        finally
        {
            _turn.Release();
        }

        var file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():n}.html");
        await File.WriteAllTextAsync(file, html, Ct);
        return await BrowserPage.OpenAsync(_address, new Uri(file));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }

        _turn.Dispose();

        // A process of the browser that ends a moment later may still write to its profile.
        for (var tries = 0; _folder.Exists; tries++)
        {
            try
            {
                _folder.Delete(recursive: true);
                _folder.Refresh();
            }
            catch (IOException) when (tries < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    private async Task<Uri> StartAsync(string program)
    {
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND",
            "--remote-debugging-port=0", $"--user-data-dir={_folder.FullName}/profile", "about:blank",
        ];
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = _folder.FullName };
        start.Environment["HOME"] = _folder.FullName;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        const string Marker = "DevTools listening on ";
        while (await _process.StandardError.ReadLineAsync(Ct) is { } line)
        {
            if (line.StartsWith(Marker, StringComparison.Ordinal))
            {
                _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                return new(line[Marker.Length..]);
            }
        }

        throw new InvalidOperationException("Chromium ended before it said where its DevTools listen.");
    }
}
