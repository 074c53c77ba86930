using System.Diagnostics;

namespace Tidepool.Deployment.Tests;

/// <summary>The real <c>aws</c> command line, against moto itself.</summary>
internal static class AwsProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs to the end, demands success, and gives the output; the test is skipped where the command line is not installed.</summary>
    public static Task<string> SucceedAsync(Moto moto, params string[] arguments) => SucceedWithInputAsync(moto, "", arguments);

    /// <summary>The same, with a text on standard input.</summary>
    public static async Task<string> SucceedWithInputAsync(Moto moto, string input, params string[] arguments)
    {
        Assert.SkipUnless(Installed.Has("aws"), "The aws command line is not installed.");
        var start = new ProcessStartInfo("aws", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in moto.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["AWS_ENDPOINT_URL"] = moto.Behind.ToString();
        start.Environment["AWS_DEFAULT_REGION"] = "us-east-1";
        start.Environment["AWS_PAGER"] = "";
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"aws {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error}");
        return await output;
    }
}
