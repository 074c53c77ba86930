using Tidepool.Agent.Jobs;

namespace Tidepool.Tests.Agent;

public sealed class VariableSnapshotSpecs
{
    private static readonly Dictionary<string, string> Container = new() { ["HOME"] = "/home/agent" };

    private readonly JobVariables _variables = new();
    private readonly List<string> _warnings = [];

    private string Fill(string text) => _variables.Expand(_warnings.Add).Fill(text, Container);

    private void Set(string name, string value, bool secret = false) => _variables.Set(new(name, value, secret, false));

    [Theory]
    [InlineData("$(a)", "1")]
    [InlineData("<$(A)$(a)>", "<11>")] // names ignore case
    [InlineData("$(unknown)", "$(unknown)")]
    [InlineData("$(unknown $(a))", "$(unknown 1)")]
    [InlineData("$(a", "$(a")]
    [InlineData("$()", "$()")]
    [InlineData("$(HOME)", "/home/agent")] // the container's variables come after
    public void Macros_in_an_input_are_filled_in(string input, string filled)
    {
        Set("a", "1");

        Assert.Equal(filled, Fill(input));
    }

    [Fact]
    public void Macros_in_the_values_of_variables_expand_to_the_end()
    {
        Set("a", "<$(b)>");
        Set("b", "[$(c)]");
        Set("c", "1");

        Assert.Equal("<[1]>", Fill("$(a)"));
    }

    [Fact]
    public void What_was_put_into_an_input_is_not_looked_at_again()
    {
        Set("a", "$(no");
        Set("no", "never");

        Assert.Equal("$(no)", Fill("$(a))"));
    }

    [Fact]
    public void A_cycle_leaves_the_macro_with_a_warning()
    {
        Set("a", "1$(b)");
        Set("b", "2$(a)");

        Assert.Equal("12$(a)", Fill("$(a)"));
        Assert.Contains("Unable to expand variable 'b'. A cyclical reference was detected.", _warnings);
    }

    [Fact]
    public void Macros_nest_fifty_deep_and_no_deeper()
    {
        for (var i = 0; i < 60; i++)
        {
            Set($"v{i}", $"$(v{i + 1})");
        }

        Assert.Equal("$(v50)", Fill("$(v0)"));
        Assert.Contains(_warnings, warning => warning.Contains("maximum depth of 50", StringComparison.Ordinal));
    }

    [Fact]
    public void A_value_that_holds_a_secret_is_a_secret()
    {
        Set("password", "hunter2", secret: true);
        Set("url", "https://x:$(password)@host");

        Assert.True(_variables.Expand(_warnings.Add).All.Single(variable => variable.Name == "url").IsSecret);
    }
}
