using Tidepool.Agent.Posix;

namespace Tidepool.Agent.Token;

/// <summary>
/// How git gets the job's access token. The other ways all leave it lying about while git runs: in git's arguments
/// (-c http.extraHeader), its environment (GIT_CONFIG_VALUE_0) or a file (the credential store). Here git asks
/// this program, as its credential helper, and the helper reads the answer from a pipe that it inherited from the agent
/// through git. The pipe is empty after that one read and names nothing.
/// </summary>
internal static class GitCredential
{
    /// <summary>The helper's side. Git's <c>store</c> and <c>erase</c> are passed over: nothing is ever kept.</summary>
    public static unsafe void Answer(string operation)
    {
        if (operation != "get")
        {
            return;
        }
        var buffer = stackalloc byte[4096];
        nint count;
        while ((count = Libc.read(ChildStart.HandedOverAs, buffer, 4096)) > 0)
        {
            Libc.write(1, buffer, (nuint)count);
        }
    }

    /// <summary>
    /// The configuration that makes git ask this program, for this host alone, and no helper the user or a step configured:
    /// one might keep the token, and a redirect must not carry it elsewhere.
    /// </summary>
    public static IReadOnlyList<string> Options(string agentBinary, string url)
    {
        var host = new Uri(url).GetLeftPart(UriPartial.Authority);
        return ["-c", "credential.helper=", "-c", $"credential.{host}.helper=!{ShellText.Quote(agentBinary)} {CommandLine.GitCredential}"];
    }

    /// <summary>A pipe that holds the answer; the caller closes it.</summary>
    public static unsafe int Offer(string accessToken)
    {
        var (read, write) = ChildProcess.MakePipe();
        var answer = System.Text.Encoding.UTF8.GetBytes($"username=x\npassword={accessToken}\n");
        fixed (byte* at = answer)
        {
            Libc.write(write, at, (nuint)answer.Length);
        }
        Libc.close(write);
        return read;
    }
}
