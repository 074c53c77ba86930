using Tidepool.Tasks;

namespace Tidepool.Tests.Tasks;

public sealed class AgentTaskDefinitionSpecs
{
    private const string Role = "arn:aws:iam::000000000000:role/execution";

    private static Dictionary<string, string> Values(string agent) => new()
    {
        ["image"] = "tidepool-agent:1",
        ["azp_url"] = "http://127.0.0.1:1/local",
        ["azp_pool"] = "fargate \"quoted\"",
        ["azp_token_secret"] = "arn:aws:secretsmanager:us-east-1:000000000000:secret:azp",
        ["log_group"] = $"/tidepool/demo/{agent}",
        ["region"] = "us-east-1",
        ["log_prefix"] = "agents",
        ["volume"] = "bind-mount-storage",
        ["storage"] = "bind",
    };

    [Fact]
    public void The_template_gives_one_valid_container_for_each_agent()
    {
        var request = AgentTaskDefinition.Render(Template(), 2, Values, Role);

        TaskDefinitionRules.Check(request);
        Assert.Equal(("tidepool-agents", "1024", "2048"), (request.Family, request.Cpu, request.Memory));
        Assert.Equal("bind-mount-storage", Assert.Single(request.Volumes).Name);
        Assert.Equal(["agent-1", "agent-2"], request.ContainerDefinitions.Select(container => container.Name));
        Assert.All(request.ContainerDefinitions, container =>
        {
            Assert.Equal(("bind-mount-storage", "/shared-storage"), (Assert.Single(container.MountPoints).SourceVolume, container.MountPoints[0].ContainerPath));
            Assert.Equal("bind", container.Environment.Single(variable => variable.Name == "FARGATE_STORAGE").Value);
            Assert.Equal($"/tidepool/demo/{container.Name}", container.LogConfiguration!.Options!["awslogs-group"]);
            Assert.Equal(120, container.StopTimeout);
            Assert.Equal(container.Name, container.Environment.Single(variable => variable.Name == "FARGATE_CONTAINER").Value);
            Assert.Equal("fargate \"quoted\"", container.Environment.Single(variable => variable.Name == "AZP_POOL").Value);
        });
    }

    [Fact]
    public void An_unknown_placeholder_is_refused() => Refused(
        Template().Replace("${image}", "${picture}"),
        "TASK002: The agents' container definition asks for ${picture}, which has no value. "
        + "Remove the placeholder; known are ${name}, ${azp_pool}, ${azp_token_secret}, ${azp_url}, ${image}, ${log_group}, ${log_prefix}, ${region}, ${storage}, ${volume}.");

    [Fact]
    public void A_value_without_its_placeholder_is_refused() => Refused(
        Template().Replace("${image}", "tidepool-agent:2"),
        "TASK002: The agents' container definition lacks ${image}. Put the placeholder back: agents do not come online without it.");

    [Theory]
    [InlineData("${upper(image)}")]
    [InlineData("%{ if true }")]
    [InlineData("$${image}")]
    public void What_only_terraform_understands_is_refused(string directive) => Refused(
        Template().Replace("${image}", directive + "${image}"),
        $"TASK002: The agents' container definition holds \"{(directive[0] is '$' && directive[1] is not '$' ? directive : directive[..(directive[0] is '%' ? 2 : 3)])}\". "
        + "Use plain ${name} placeholders only, so that Terraform and Tidepool read it alike.");

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public void A_task_holds_one_to_ten_agents(int agents) =>
        Assert.Equal(
            $"TASK003: A task of {agents} agents cannot be. Use 1 to 10 agents; a Fargate task has 10 containers at most.",
            Assert.Throws<ProblemException>(() => AgentTaskDefinition.Render(Template(), agents, Values, Role)).Message);

    private static void Refused(string template, string message) =>
        Assert.Equal(message, Assert.Throws<ProblemException>(() => AgentTaskDefinition.Render(template, 1, Values, Role)).Message);

    private static string Template()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Tidepool.slnx")))
        {
            folder = folder.Parent;
        }

        return File.ReadAllText(Path.Combine(folder.FullName, "terraform", "agent-container.json.tftpl"));
    }
}
