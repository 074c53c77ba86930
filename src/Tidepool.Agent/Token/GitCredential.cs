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
    /// <summary>What one pipe holds at most, in bytes.</summary>
    private const int PipeSize = 60 * 1024;

    /// <summary>Answers that a pipe holds, for the repositories of a repository's submodules.</summary>
    private const int MostAnswers = 64;

    /// <summary>The helper's side. Git's <c>store</c> and <c>erase</c> are passed over: nothing is ever kept.</summary>
    public static unsafe void Answer(string operation)
    {
        if (operation != "get")
        {
            return;
        }

        // One answer, which an empty line ends: there may be more for the next who asks.
        byte one;
        var before = (byte)0;
        while (Libc.read(ChildStart.HandedOverAs, &one, 1) > 0 && !(before == '\n' && one == '\n'))
        {
            Libc.write(1, &one, 1);
            before = one;
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

    /// <summary>A pipe that holds the answer, as often as git may ask; the caller closes it.</summary>
    public static unsafe int Offer(GitLogin login)
    {
        var (read, write) = ChildProcess.MakePipe();
        var answer = System.Text.Encoding.UTF8.GetBytes($"username={login.User}\npassword={login.Password}\n\n");
        fixed (byte* at = answer)
        {
            for (var i = 0; i < Math.Clamp(PipeSize / answer.Length, 1, MostAnswers); i++)
            {
                Libc.write(write, at, (nuint)answer.Length);
            }
        }
        Libc.close(write);
        return read;
    }
}

/// <summary>What a repository's server wants to know.</summary>
/// <param name="Url">The repository; others on its server get the same.</param>
/// <param name="IsToken">The password is a token of the service, which goes into a header of its own.</param>
internal sealed record GitLogin(string Url, string User, string Password, bool IsToken)
{
    /// <summary>The header that says the same.</summary>
    public string Header => IsToken
        ? $"AUTHORIZATION: bearer {Password}"
        : $"AUTHORIZATION: basic {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{User}:{Password}"))}";
}
