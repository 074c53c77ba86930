using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

/// <summary>A job is code from anyone who may push; the token that registers agents must be out of its reach.</summary>
public sealed class AgentTokenSpecs
{
    /// <summary>Looks for a text wherever a process of the same user could look. The text never is in the script, its arguments or its environment.</summary>
    /// <param name="processes">Shell words for the processes of the agent, whose insides must be closed.</param>
    internal static string Search(string text, string processes = "$PPID") => $$"""
        steps:
        - checkout: none
        - bash: |
            needle=$(printf %s '{{new string([.. text.Reverse()])}}' | rev)
            look() { grep -a -q -F -f <(printf %s "$needle") "$1" 2>/dev/null && echo "FOUND in $1"; }
            for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/task/*/environ; do look "$file"; done
            while IFS= read -r file; do look "$file"; done < <(
              find "$HOME" "$AGENT_WORKFOLDER" -type f 2>/dev/null
              find /tmp /dev/shm -type f -user "$(id -u)" 2>/dev/null)
            look <(env)
            look <(set | grep -v ^needle=)
            look <(git config --list --show-origin)
            for process in {{processes}}; do
              look "/proc/$process/mem"
              look "/proc/$process/maps"
              for secret in environ mem maps auxv stack; do
                (exec 9<"/proc/$process/$secret") 2>/dev/null && echo "OPENED $secret of $process"
              done
              ls "/proc/$process/fd" 2>/dev/null && echo "OPENED fd of $process"
            done
            python3 -c "
            import ctypes
            libc = ctypes.CDLL(None)
            print('ATTACHED' if libc.ptrace(16, $PPID, 0, 0) == 0 else 'ptrace was refused')
            "
            echo "descriptors: $(ls /proc/self/fd | tr '\n' ' ')"
            true
          displayName: look
        """;

    [Fact]
    public async Task A_step_finds_the_token_nowhere()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync(Search(agent.Token));

        run.MustBe(NodeResult.Succeeded);
        var lines = run.Step("look").LogLines();
        Assert.DoesNotContain(lines, line => line.StartsWith("FOUND", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("OPENED", StringComparison.Ordinal));
        Assert.Contains("ptrace was refused", lines);

        // Its own three and the folder that ls reads.
        Assert.Contains("descriptors: 0 1 2 3 ", lines);
        Assert.DoesNotContain(agent.Log, line => line.Contains(agent.Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_step_finds_a_service_principals_secret_and_its_access_token_nowhere()
    {
        var (secret, token) = ($"secret{Guid.NewGuid():N}", TestToken.Entra());
        await using var authority = await HttpEndpoint.StartAsync(_ =>
            (200, $$"""{"token_type":"Bearer","expires_in":3599,"access_token":"{{token}}"}"""));
        await using var agent = await AgentUnderTest.OnlineAsync(
            new Dictionary<string, string>
            {
                ["AZP_TOKEN"] = "",
                ["AZP_CLIENT_ID"] = "11111111-2222-3333-4444-555555555555",
                ["AZP_TENANT_ID"] = "contoso.onmicrosoft.com",
                ["AZP_CLIENT_SECRET"] = secret,
                ["AZP_AUTHORITY_HOST"] = authority.Url,
                ["COPY"] = $"x{secret}y",
            },
            options => options with { Token = token });

        var forSecret = await agent.RunAsync(Search(secret));
        var forToken = await agent.RunAsync(Search(token));
        var named = await agent.RunAsync("steps:\n- checkout: none\n- script: echo \"secret=<$AZP_CLIENT_SECRET> copy=<$COPY> id=<$AZP_CLIENT_ID>\"");

        foreach (var run in new[] { forSecret, forToken })
        {
            run.MustBe(NodeResult.Succeeded);
            Assert.DoesNotContain(
                run.Step("look").LogLines(),
                line => line.StartsWith("FOUND", StringComparison.Ordinal) || line.StartsWith("OPENED", StringComparison.Ordinal));
        }
        Assert.Contains("secret=<> copy=<> id=<11111111-2222-3333-4444-555555555555>", named.Text(), StringComparison.Ordinal);
        Assert.DoesNotContain(agent.Log, line => line.Contains(secret, StringComparison.Ordinal) || line.Contains(token, StringComparison.Ordinal));
        Assert.DoesNotContain(agent.Service.Agents.Single().SystemCapabilities!.Keys, name => name.StartsWith("AZP", StringComparison.Ordinal));
        Assert.Single(authority.Calls);
    }

    [Fact]
    public async Task A_token_of_a_file_registers_and_removes_the_agent()
    {
        var folder = Directory.CreateTempSubdirectory("tidepool-token-");
        try
        {
            var token = $"pat{Guid.NewGuid():N}";
            var file = Path.Combine(folder.FullName, "token");
            await File.WriteAllTextAsync(file, $"{token}\n", TestContext.Current.CancellationToken);
            await AgentUnderTest.RunAsync("chmod", "755", folder.FullName);
            await using var agent = await AgentUnderTest.OnlineAsync(
                new Dictionary<string, string> { ["AZP_TOKEN"] = "", ["AZP_TOKEN_FILE"] = file },
                options => options with { Token = token });

            await agent.SignalAsync("TERM");

            Assert.Equal(0, await agent.ExitAsync());
            Assert.Empty(agent.Service.Agents);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_same_search_finds_what_is_there()
    {
        var canary = $"canary{Guid.NewGuid():N}";
        await using var agent = await AgentUnderTest.OnlineAsync(new Dictionary<string, string> { ["CANARY"] = canary });
        await File.WriteAllTextAsync(Path.Combine(agent.Folder, ".canary"), canary, TestContext.Current.CancellationToken);

        var run = await agent.RunAsync(Search(canary));

        var found = run.Step("look").LogLines().Where(line => line.StartsWith("FOUND", StringComparison.Ordinal)).ToList();
        Assert.Contains(found, line => line.EndsWith("/environ", StringComparison.Ordinal));
        Assert.Contains(found, line => line.EndsWith("/.canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_variable_of_the_container_that_holds_the_token_reaches_a_step_whatever_its_name()
    {
        await using var agent = await AgentUnderTest.OnlineAsync(token => new Dictionary<string, string> { ["COPY"] = $"x{token}y", ["KEPT"] = "kept" });

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - script: echo "copy=<$COPY> token=<$AZP_TOKEN> kept=<$KEPT>"
            """);

        Assert.Contains("copy=<> token=<> kept=<kept>", run.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_containers_place_in_AWS_is_for_its_steps_and_not_for_the_pool()
    {
        await using var agent = await AgentUnderTest.OnlineAsync(new Dictionary<string, string>
        {
            ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1",
            ["AWS_REGION"] = "eu-west-1",
            ["FLAVOUR"] = "sour",
        });

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - script: echo "$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI $AWS_REGION"
            """);

        Assert.Contains("/v2/credentials/1 eu-west-1", run.Text(), StringComparison.Ordinal);
        var capabilities = agent.Service.Agents.Single().SystemCapabilities!;
        Assert.Equal("sour", capabilities["FLAVOUR"]);
        Assert.DoesNotContain(capabilities.Keys, name => name.StartsWith("AWS", StringComparison.Ordinal));
        Assert.DoesNotContain(capabilities.Values, value => value.Contains(agent.Token, StringComparison.Ordinal));
    }
}
