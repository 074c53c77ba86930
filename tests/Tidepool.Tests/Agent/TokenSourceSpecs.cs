using System.Text;
using Microsoft.Extensions.Time.Testing;
using Tidepool.Agent;
using Tidepool.Agent.Token;

namespace Tidepool.Tests.Agent;

public sealed class TokenSourceSpecs
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 9, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _clock = new(Now);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_personal_access_token_is_sent_as_a_password()
    {
        var token = new string('p', 84);
        using var source = Of(new TokenSettings.Given(), token);

        var header = await source.AuthorizeAsync(refused: false, Ct);

        Assert.Equal(token, await source.TokenAsync(Ct));
        Assert.Equal(("Basic", $"VstsAgent:{token}"), (header.Scheme, Encoding.UTF8.GetString(Convert.FromBase64String(header.Parameter!))));
    }

    [Fact]
    public async Task A_Microsoft_Entra_access_token_is_sent_as_a_bearer_token_and_given_as_it_is()
    {
        var token = TestToken.Entra(Now.AddHours(1));
        using var source = Of(new TokenSettings.Given(), token);

        var header = await source.AuthorizeAsync(refused: false, Ct);

        Assert.Equal(("Bearer", token), (header.Scheme, header.Parameter));
        Assert.Equal(token, await source.TokenAsync(Ct));
    }

    [Theory]
    [InlineData("pppppppppppppppppppppppppppppppppppppppppppppppppppp")]
    [InlineData("a.b.c")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.e30.")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.e30")]
    [InlineData("W10.e30.x")]
    [InlineData("eyJ0eXAiOiJKV1QifQ.e30.x")]
    [InlineData("!!!.e30.x")]
    public void What_is_not_three_parts_of_which_the_first_names_an_algorithm_is_no_access_token(string token) => Assert.False(Jwt.IsOne(token));

    [Theory]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.e30.x")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.eyJleHAiOiJ4In0.x")]
    public void An_access_token_that_does_not_say_when_it_ends_is_one_all_the_same(string token) =>
        Assert.Equal((true, null), (Jwt.IsOne(token), Jwt.EndOf(token)));

    [Fact]
    public async Task An_access_token_that_ended_is_refused_with_its_end_and_without_itself()
    {
        var token = TestToken.Entra(Now.AddMinutes(1));
        using var source = Of(new TokenSettings.Given(), token);
        Assert.Equal(token, await source.TokenAsync(Ct));
        _clock.Advance(TimeSpan.FromMinutes(1));

        var refusal = await Assert.ThrowsAsync<AgentException>(async () => await source.TokenAsync(Ct));

        Assert.Equal(
            "AGENT025: The Microsoft Entra access token in AZP_TOKEN ended at 2026-11-24 09:01:00 UTC. "
            + "Set AZP_CLIENT_ID, AZP_TENANT_ID and AZP_CLIENT_SECRET instead: tokens of a service principal are renewed.",
            refusal.Message);
    }

    [Fact]
    public async Task A_token_file_is_read_anew_each_time_and_every_token_in_it_is_told()
    {
        using var file = new TokenFile("first-token-of-the-file\n");
        using var source = Of(new TokenSettings.InFile(file.Path), "");
        var told = new List<string>();
        source.TellSecrets(told.Add);

        Assert.Equal("first-token-of-the-file", await source.TokenAsync(Ct));
        file.Write("second-token-of-the-file");
        Assert.Equal("second-token-of-the-file", await source.TokenAsync(Ct));
        Assert.Equal(["first-token-of-the-file", "second-token-of-the-file"], told);
    }

    [Fact]
    public async Task A_token_file_that_cannot_be_read_is_named()
    {
        using var source = Of(new TokenSettings.InFile("/nowhere/token"), "");

        var refusal = await Assert.ThrowsAsync<AgentException>(async () => await source.TokenAsync(Ct));

        Assert.Equal(
            "AGENT024: AZP_TOKEN_FILE names /nowhere/token, which could not be read: Could not find file '/nowhere/token'. "
            + "Let it name a file that holds the token and that the agent's user may read.",
            refusal.Message);
    }

    [Fact]
    public void A_token_file_with_nothing_like_a_token_is_named_without_what_is_in_it()
    {
        using var file = new TokenFile("short");

        var refusal = Assert.Throws<AgentException>(() => FileToken.Read(file.Path));

        Assert.Equal(
            $"AGENT010: The token in {file.Path} is shorter than 16 characters, so it is no token of Azure DevOps. Set it to a whole personal access token.",
            refusal.Message);
        Assert.Equal(ExitCode.WrongUsage, refusal.ExitCode);
    }

    private TokenSource Of(TokenSettings settings, string secret) => TokenSource.Of(settings, secret, null!, _clock);

    private sealed class TokenFile : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-token-");

        public TokenFile(string token) => Write(token);

        public string Path => System.IO.Path.Combine(_folder.FullName, "token");

        public void Write(string token) => File.WriteAllText(Path, token);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
