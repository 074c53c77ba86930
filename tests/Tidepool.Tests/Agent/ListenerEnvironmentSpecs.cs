using Tidepool.Agent.Registration;
using Tidepool.Agent.Supervision;

namespace Tidepool.Tests.Agent;

public sealed class ListenerEnvironmentSpecs
{
    private static readonly Dictionary<string, string> Container = new()
    {
        ["PATH"] = "/usr/bin:/bin",
        ["FARGATE_STORAGE"] = "bind",
        ["AZP_URL"] = "https://dev.azure.com/x",
        ["AZP_POOL"] = "fargate",
        ["AZP_CLIENT_ID"] = "1",
        ["AWS_REGION"] = "eu-west-1",
        ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1",
        ["ECS_AGENT_URI"] = "http://169.254.170.2/api/1",
        ["DB_PASSWORD"] = "hunter2",
        ["FLAVOUR"] = "sour",
    };

    [Fact]
    public void What_tells_of_the_containers_place_and_set_up_is_not_published()
    {
        var environment = ListenerEnvironment.Of(Container, new("t1", "tidepool-agents:3", 2), "agent-1");

        Assert.Equal(
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI,AWS_REGION,AZP_CLIENT_ID,AZP_POOL,AZP_URL,DB_PASSWORD,ECS_AGENT_URI,VSO_AGENT_IGNORE",
            environment["VSO_AGENT_IGNORE"]);
        Assert.Equal("/v2/credentials/1", environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]);
    }

    /// <summary>Microsoft's agent compares names exactly: the user's aws_region would not keep AWS_REGION back.</summary>
    [Fact]
    public void What_the_user_does_not_want_published_stays_so()
    {
        var environment = ListenerEnvironment.Of(new Dictionary<string, string>(Container) { ["VSO_AGENT_IGNORE"] = "FLAVOUR, aws_region,," }, null, null);

        Assert.Equal(
            ["FLAVOUR", "aws_region", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_REGION", "AZP_CLIENT_ID", "AZP_POOL", "AZP_URL", "DB_PASSWORD", "ECS_AGENT_URI", "VSO_AGENT_IGNORE"],
            environment["VSO_AGENT_IGNORE"].Split(','));
    }

    [Fact]
    public void The_tasks_facts_are_variables_and_so_capabilities()
    {
        var environment = ListenerEnvironment.Of(Container, new TaskFacts("t1", "tidepool-agents:3", 2), "agent-1");

        Assert.Equal(
            ["FARGATE_CONTAINER=agent-1", "FARGATE_REVISION=tidepool-agents:3", "FARGATE_STORAGE=bind", "FARGATE_TASK=t1"],
            environment.Where(variable => variable.Key.StartsWith("FARGATE_", StringComparison.Ordinal))
                .Select(variable => $"{variable.Key}={variable.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("HTTPS_PROXY", "http://proxy:3128", "http://proxy:3128", null)]
    [InlineData("https_proxy", "proxy:3128", "http://proxy:3128", null)]
    [InlineData("ALL_PROXY", "http://me:p%40ss@proxy:3128/", "http://proxy:3128", "me p@ss")]
    [InlineData("http_proxy", "http://proxy:3128", null, null)] // it knows this one
    [InlineData("VSTS_HTTP_PROXY", "http://its-own", "http://its-own", null)]
    public void Microsofts_agent_is_told_of_the_proxy_in_its_own_words_and_nobody_else(string variable, string value, string? proxy, string? user)
    {
        var environment = ListenerEnvironment.Of(
            new Dictionary<string, string>(Container) { [variable] = value, ["NO_PROXY"] = "169.254.170.2" }, null, null);

        Assert.Equal(proxy, environment.GetValueOrDefault("VSTS_HTTP_PROXY"));
        Assert.Equal(
            user, environment.TryGetValue("VSTS_HTTP_PROXY_USERNAME", out var name) ? $"{name} {environment["VSTS_HTTP_PROXY_PASSWORD"]}" : null);
        Assert.Equal("169.254.170.2", environment["no_proxy"]);
        Assert.DoesNotContain(environment.Keys.Except(environment["VSO_AGENT_IGNORE"].Split(',')), key => key.Contains("PROXY", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("AZP_TOKEN")]
    [InlineData("AZP_CLIENT_SECRET")]
    public void A_variable_that_is_for_a_secret_never_goes_on(string name)
    {
        var environment = ListenerEnvironment.Of(new Dictionary<string, string>(Container) { [name] = "x" }, null, null);

        Assert.DoesNotContain(name, environment.Keys);
        Assert.DoesNotContain(name, environment["VSO_AGENT_IGNORE"], StringComparison.Ordinal);
    }
}
