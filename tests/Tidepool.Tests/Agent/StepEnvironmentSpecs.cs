using Tidepool.Agent.Jobs;

namespace Tidepool.Tests.Agent;

public sealed class StepEnvironmentSpecs
{
    private readonly JobVariables _variables = new();

    private Dictionary<string, string> Build(
        Dictionary<string, string>? container = null, string[]? paths = null, Dictionary<string, string>? ofStep = null) => StepEnvironment.Build(
        container ?? new() { ["PATH"] = "/bin" },
        _variables.Expand(_ => { }),
        paths ?? [],
        ofStep ?? [],
        JobStatus.SucceededWithIssues,
        "vsts_1");

    [Fact]
    public void Variables_become_upper_case_with_underscores_unless_they_keep_their_case()
    {
        _variables.Set(new("build.My Name", "1", false, false));
        _variables.Set(new("camel.Case", "2", false, false, KeepsCase: true));

        var environment = Build();

        Assert.Equal("1", environment["BUILD_MY_NAME"]);
        Assert.Equal("2", environment["camel_Case"]);
    }

    [Fact]
    public void A_secret_gets_in_only_where_the_step_names_it()
    {
        _variables.Set(new("password", "hunter2", true, false));

        Assert.DoesNotContain("hunter2", Build().Values);
        Assert.Equal("hunter2", Build(ofStep: new() { ["PW"] = "hunter2" })["PW"]);
    }

    [Fact]
    public void The_names_of_public_and_secret_variables_are_listed()
    {
        _variables.Set(new("a.b", "1", false, false));
        _variables.Set(new("password", "hunter2", true, false));

        var environment = Build();

        Assert.Equal("""["a.b"]""", environment["VSTS_PUBLIC_VARIABLES"]);
        Assert.Equal("""["password"]""", environment["VSTS_SECRET_VARIABLES"]);
    }

    [Fact]
    public void The_containers_variables_stay_and_the_steps_own_win()
    {
        _variables.Set(new("who", "variable", false, false));

        var environment = Build(
            new() { ["AWS_REGION"] = "eu-west-1", ["WHO"] = "container" }, ofStep: new() { ["WHO"] = "step" });

        Assert.Equal("eu-west-1", environment["AWS_REGION"]);
        Assert.Equal("step", environment["WHO"]);
    }

    [Fact]
    public void The_jobs_status_and_mark_are_there()
    {
        var environment = Build();

        Assert.Equal("SucceededWithIssues", environment["agent.jobstatus"]);
        Assert.Equal("SucceededWithIssues", environment["AGENT_JOBSTATUS"]);
        Assert.Equal("True", environment["TF_BUILD"]);
        Assert.Equal("vsts_1", environment["VSTS_PROCESS_LOOKUP_ID"]);
    }

    [Fact]
    public void The_path_that_was_put_before_last_counts_first() => Assert.Equal("/second:/first:/bin", Build(paths: ["/first", "/second"])["PATH"]);
}
