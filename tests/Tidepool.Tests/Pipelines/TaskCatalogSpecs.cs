using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Pipelines;

/// <summary>From the task that a step names to the one that runs.</summary>
public sealed class TaskCatalogSpecs
{
    private static readonly Guid NodeTool = new("31c75bbb-bcdf-4706-8d7c-4da6a1959bc2");

    [Theory]
    [InlineData("NodeTool@0", "0.240.1")]
    [InlineData("nodetool@0.238", "0.238.7")]
    [InlineData("31c75bbb-bcdf-4706-8d7c-4da6a1959bc2@0.*", "0.240.1")]
    public void A_task_is_found_by_name_or_id_and_pinned(string reference, string version)
    {
        var step = Read($"steps:\n- task: {reference}\n").Steps[1];

        Assert.Equal(("NodeTool", NodeTool, version, "NodeTool"), (step.TaskName, step.TaskId, step.TaskVersion, step.Name));
    }

    [Fact]
    public void An_alias_gives_way_to_the_name_of_its_input_and_defaults_are_not_filled_in()
    {
        var step = Read("steps:\n- task: NodeTool@0\n  inputs: {VERSION: 22, other: x}\n").Steps[1];

        Assert.Equal([("other", "x"), ("versionSpec", "22")], step.Inputs.Select(i => (i.Key, i.Value)).Order());
    }

    [Fact]
    public void An_alias_stays_where_the_input_is_set_too()
    {
        var step = Read("steps:\n- task: NodeTool@0\n  inputs: {version: 22, versionSpec: 20}\n").Steps[1];

        Assert.Equal([("version", "22"), ("versionSpec", "20")], step.Inputs.Select(i => (i.Key, i.Value)).Order());
    }

    [Fact]
    public void A_shorthand_takes_the_newest_version_of_the_catalog_and_else_the_one_that_is_known()
    {
        var steps = Read("steps:\n- script: x\n- bash: y\n").Steps;

        Assert.Equal(["2.279.1", "3.250.1"], steps.Skip(1).Select(s => s.TaskVersion));
    }

    [Theory]
    [InlineData("pool: {name: p, demands: npm}\n", "npm node Agent.Version -gtVersion 3.200.0")]
    [InlineData("pool: {name: p, demands: Agent.Version -gtVersion 4.0.0}\n", "Agent.Version -gtVersion 4.0.0 node")]
    [InlineData("pool: {vmImage: u}\n", "Agent.Version -gtVersion 3.200.0")]
    [InlineData("", "node Agent.Version -gtVersion 3.200.0")]
    public void What_tasks_want_of_an_agent_is_added_to_the_demands(string pool, string demands)
    {
        var job = Read($"{pool}steps:\n- task: NodeTool@0\n- task: NodeTool@0.238\n");

        Assert.Equal(demands, string.Join(' ', job.Pool!.Demands));
    }

    [Fact]
    public void A_hook_with_its_own_pool_has_its_own_demands()
    {
        var job = Read(
            "jobs:\n- deployment: a\n  environment: e\n  strategy:\n    runOnce:\n      preDeploy:\n        pool: other\n"
            + "        steps: [{task: NodeTool@0}]\n      deploy: {steps: [{script: x}]}\n");

        Assert.Equal(["node", "Agent.Version -gtVersion 3.200.0"], job.Deployment!.Hooks[0].Pool!.Demands);
        Assert.Equal(["Agent.Version -gtVersion 2.0.0"], job.Pool!.Demands);
    }

    [Theory]
    [InlineData(
        "steps:\n- task: Terraform@1\n  name: tf\n",
        "(Line: 2, Col: 9): A task is missing. The pipeline references a task called 'Terraform'. This usually indicates the task isn't "
        + "installed, and you may be able to install it from the Marketplace: https://marketplace.visualstudio.com. "
        + "(Task version 1, job 'Job', step 'tf'.)")]
    [InlineData(
        "steps:\n- task: NodeTool@9\n",
        "(Line: 2, Col: 9): A task is missing. The pipeline references a task called 'NodeTool'. This usually indicates the task isn't "
        + "installed, and you may be able to install it from the Marketplace: https://marketplace.visualstudio.com. "
        + "(Task version 9, job 'Job', step ''.)")]
    [InlineData(
        "steps:\n- task: Twin@1\n",
        "(Line: 2, Col: 9): Job Job: Step  task reference is invalid. The task name Twin is ambiguous. Specify one of the following "
        + "identifiers to resolve the ambiguity: 00000000-0000-0000-0000-000000000000, 31c75bbb-bcdf-4706-8d7c-4da6a1959bc2")]
    public void A_task_that_is_not_there_is_refused_in_the_words_of_the_service(string text, string error) =>
        Assert.Equal([error], Reading(text).Errors());

    [Fact]
    public void Without_a_catalog_every_task_is_taken_as_it_is_written()
    {
        var steps = new SchemaReading("steps:\n- task: Terra-form.x@1\n- task: Delay2@3.4\n").Job().Steps;

        Assert.Equal(
            [("Terra-form.x", Guid.Empty, "1", "Terraformx"), ("Delay2", Guid.Empty, "3.4", "Delay2")],
            steps.Skip(1).Select(s => (s.TaskName, s.TaskId, s.TaskVersion, s.Name)));
    }

    private static PipelineJob Read(string text) => Reading(text).Job();

    private static SchemaReading Reading(string text) => new(text) { Tasks = new Catalog() };

    /// <summary>Two versions of one task, and a newer CmdLine than the known one.</summary>
    private sealed class Catalog : ITaskCatalog
    {
        private static readonly PipelineTask Newest = new()
        {
            Id = NodeTool,
            Name = "NodeTool",
            Version = "0.240.1",
            Demands = ["node"],
            MinimumAgentVersion = "3.200.0",
            Inputs = [new("versionSpec", ["version"], "6.x", IsRequired: true), new("checkLatest", [], "false", IsRequired: false)],
        };

        private static readonly PipelineTask[] All =
        [
            Newest,
            Newest with { Version = "0.238.7", MinimumAgentVersion = "2.0.0" },
            new() { Id = new("d9bafed4-0b18-4f58-968d-86655b4d2ce9"), Name = "CmdLine", Version = "2.279.1", MinimumAgentVersion = "2.0.0" },
        ];

        public PipelineTask? Find(string name, string version) => All.FirstOrDefault(t =>
            (t.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || $"{t.Id}" == name)
            && $"{t.Version}.".StartsWith($"{version}.", StringComparison.Ordinal));

        public IReadOnlyList<Guid> FindAmbiguous(string name) => name == "Twin" ? [Guid.Empty, NodeTool] : [];
    }
}
