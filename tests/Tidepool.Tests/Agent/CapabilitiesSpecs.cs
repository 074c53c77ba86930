using Tidepool.Agent.Registration;

namespace Tidepool.Tests.Agent;

public sealed class CapabilitiesSpecs
{
    [Theory]
    [InlineData("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")]
    [InlineData("AWS_REGION")]
    [InlineData("ECS_CONTAINER_METADATA_URI_V4")]
    [InlineData("ecs_agent_uri")]
    [InlineData("AZP_TOKEN")]
    [InlineData("AZP_CLIENT_ID")]
    [InlineData("AZP_URL")]
    [InlineData("GITHUB_TOKEN")]
    [InlineData("DB_PASSWORD")]
    [InlineData("CLIENT_SECRET")]
    [InlineData("https_proxy")]
    [InlineData("IGNORED")]
    [InlineData("TOO_LONG")]
    [InlineData("EMPTY")]
    public void A_variable_that_is_nobodys_business_is_no_capability(string name) => Assert.DoesNotContain(
        name,
        Capabilities.FromEnvironment(new Dictionary<string, string>
        {
            [name] = name switch { "TOO_LONG" => new string('x', 1025), "EMPTY" => "", _ => "value" },
            ["VSO_AGENT_IGNORE"] = "other, ignored",
        }).Select(capability => capability.Key));

    [Fact]
    public void Other_variables_tools_and_the_agents_own_facts_are()
    {
        var capabilities = Capabilities.Collect(
            "agent-1-t", "/opt/tidepool", new Dictionary<string, string> { ["FARGATE_TASK"] = "t", ["PATH"] = "/usr/bin:/bin" });

        Assert.Equal("t", capabilities["FARGATE_TASK"]);
        Assert.EndsWith("/bash", capabilities["bash"], StringComparison.Ordinal);
        Assert.Equal("agent-1-t", capabilities["agent.name"]);
        Assert.Equal("Linux", capabilities["Agent.OS"]);
        Assert.Equal("true", capabilities["Tidepool.BuiltIn"]);
        Assert.True(Version.Parse(capabilities["Agent.Version"]) > new Version(2, 182, 1));
    }

    [Theory]
    [InlineData("agent-1", "t1", "agent-1-t1")]
    [InlineData("agent-1", null, null)]
    [InlineData(null, null, null)]
    public void The_name_carries_the_tasks_id_where_there_is_one(string? container, string? task, string? name) =>
        Assert.Equal(name ?? Environment.MachineName, AgentRegistration.NameOf(container, task));

    [Fact]
    public void The_tasks_id_is_the_last_segment_of_its_arn() => Assert.Equal(
        new TaskFacts("1dc5c17a"),
        TaskMetadata.FactsOf("""{"Cluster":"c","TaskARN":"arn:aws:ecs:us-east-1:000000000000:task/c/1dc5c17a"}"""u8.ToArray()));

    [Fact]
    public void The_tasks_revision_and_the_number_of_its_containers_are_told_with_it() => Assert.Equal(
        new TaskFacts("t1", "agents:12", 2),
        TaskMetadata.FactsOf("""{"TaskARN":"a/t1","Family":"agents","Revision":"12","Containers":[{},{}]}"""u8.ToArray()));

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"TaskARN":7}""")]
    public void A_document_that_names_no_task_tells_nothing(string document) =>
        Assert.Null(TaskMetadata.FactsOf(System.Text.Encoding.UTF8.GetBytes(document)));
}
