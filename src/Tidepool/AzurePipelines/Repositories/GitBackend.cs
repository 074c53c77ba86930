using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Tidepool.AzurePipelines.Repositories;

/// <summary>Serves one bare repository over smart HTTP by git's own CGI program.</summary>
/// <remarks>Source: https://git-scm.com/docs/git-http-backend</remarks>
internal sealed partial class GitBackend(string bareFolder)
{
    /// <summary>Answers one request for a path inside the repository, as in <c>/info/refs</c>.</summary>
    public async Task ServeAsync(HttpContext http, string path)
    {
        using var process = GitProcess.Start(Command(http.Request, path));
        var ct = http.RequestAborted;
        var errors = process.StandardError.ReadToEndAsync(ct);
        var input = SendAsync(http.Request.Body, process, ct);
        try
        {
            await AnswerAsync(process.StandardOutput.BaseStream, http.Response, ct);
            await input;
            await errors;
            await process.WaitForExitAsync(ct);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private ProcessStartInfo Command(HttpRequest request, string path)
    {
        var environment = new Dictionary<string, string>
        {
            ["GIT_PROJECT_ROOT"] = bareFolder,
            ["GIT_HTTP_EXPORT_ALL"] = "1",
            ["PATH_INFO"] = path,
            ["QUERY_STRING"] = request.QueryString.Value?.TrimStart('?') ?? "",
            ["REQUEST_METHOD"] = request.Method,
            ["CONTENT_TYPE"] = request.ContentType ?? "",
            ["HTTP_CONTENT_ENCODING"] = request.Headers.ContentEncoding.ToString(),
            // The user's own settings are for the user's repositories. The folder is named by us, whoever owns it.
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_COUNT"] = "1",
            ["GIT_CONFIG_KEY_0"] = "safe.directory",
            ["GIT_CONFIG_VALUE_0"] = "*",
        };
        if (request.ContentLength is { } length)
        {
            environment["CONTENT_LENGTH"] = length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (request.Headers["Git-Protocol"].ToString() is var protocol && Protocol().IsMatch(protocol))
        {
            environment["GIT_PROTOCOL"] = protocol;
        }

        return GitProcess.Command(environment, "http-backend");
    }

    private static async Task SendAsync(Stream body, Process process, CancellationToken ct)
    {
        try
        {
            await body.CopyToAsync(process.StandardInput.BaseStream, ct);
        }
        catch (IOException)
        {
            // git had read enough, or the client went. Either way the answer, if one still comes, says what git made of it.
        }
        finally
        {
            process.StandardInput.Close();
        }
    }

    private static async Task AnswerAsync(Stream output, HttpResponse response, CancellationToken ct)
    {
        foreach (var header in await ReadHeadersAsync(output, ct))
        {
            var (name, value) = (header[..header.IndexOf(':')], header[(header.IndexOf(':') + 1)..].Trim());
            if (name.Equals("Status", StringComparison.OrdinalIgnoreCase))
            {
                response.StatusCode = int.Parse(value.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
            }
            else
            {
                response.Headers[name] = value;
            }
        }

        await output.CopyToAsync(response.Body, ct);
    }

    private static async Task<IReadOnlyList<string>> ReadHeadersAsync(Stream output, CancellationToken ct)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await output.ReadAsync(one, ct) == 1)
        {
            text.Append((char)one[0]);
        }

        return [.. text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Where(line => line.Contains(':'))];
    }

    [GeneratedRegex("^[a-z0-9=:.]+$")]
    private static partial Regex Protocol();
}
