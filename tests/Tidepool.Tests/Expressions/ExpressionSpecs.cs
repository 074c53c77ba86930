using Tidepool.Expressions;

namespace Tidepool.Tests.Expressions;

public sealed class ExpressionSpecs
{
    [Fact]
    public void A_trace_shows_the_expression_its_values_and_its_result()
    {
        var context = ExpressionContext.ForStep("Succeeded", [KeyValuePair.Create("Build.SourceBranch", "refs/heads/dev")]);

        var result = Expression.Parse("and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))").Evaluate(context);

        Assert.False(result.IsTrue);
        Assert.Equal(
            [
                "Evaluating: and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))",
                "Expanded: and(True, eq('refs/heads/dev', 'refs/heads/main'))",
                "Result: False",
            ],
            result.Trace);
    }

    [Fact]
    public void A_trace_leaves_parts_that_were_not_evaluated_as_they_are()
    {
        var result = Expression.Parse("and(failed(), eq(variables.x, 1))").Evaluate(ExpressionContext.ForStep("Succeeded", []));

        Assert.Equal("and(False, eq(variables['x'], 1))", result.Expanded);
    }

    [Fact]
    public void A_trace_says_nothing_twice() =>
        Assert.Equal(
            ["Evaluating: succeeded()", "Result: False"],
            Expression.Parse("succeeded()").Evaluate(ExpressionContext.ForStep("Failed", [])).Trace);

    [Theory]
    [InlineData("Succeeded", "succeeded succeededOrFailed always")]
    [InlineData("SucceededWithIssues", "succeeded succeededOrFailed always")]
    [InlineData("Failed", "failed succeededOrFailed always")]
    [InlineData("Canceled", "canceled always")]
    public void A_step_sees_how_its_job_stands(string jobStatus, string functions)
    {
        string[] all = ["succeeded", "failed", "succeededOrFailed", "canceled", "always"];
        var context = ExpressionContext.ForStep(jobStatus, []);

        Assert.Equal(
            functions.Split(' ').Order(),
            all.Where(f => Expression.Parse($"{f}()").Evaluate(context).IsTrue).Order());
    }

    [Fact]
    public void A_missing_variable_is_null_and_names_ignore_case()
    {
        var context = ExpressionContext.ForStep("Succeeded", [KeyValuePair.Create("Color", "Blue")]);

        Assert.True(Expression.Parse("and(eq(variables.COLOR, 'blue'), eq(variables['none'], ''))").Evaluate(context).IsTrue);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("eq(variables['x', 1)", "Unexpected symbol: ','. Located at position 17 within expression: eq(variables['x', 1).")]
    [InlineData("variables['x'", "Unclosed indexer: '['. Located at position 10 within expression: variables['x'.")]
    [InlineData(
        "variables.",
        "Expected a property name to follow the dereference operator '.': '.'. Located at position 10 within expression: variables..")]
    [InlineData("eq", "Expected '(' to follow a function: 'eq'. Located at position 1 within expression: eq.")]
    [InlineData("eq(1,)", "Unexpected symbol: ')'. Located at position 6 within expression: eq(1,).")]
    [InlineData("eq(1,2,3)", "Unexpected symbol: ','. Located at position 7 within expression: eq(1,2,3).")]
    [InlineData("eq(1 2)", "Unexpected symbol: '2'. Located at position 6 within expression: eq(1 2).")]
    [InlineData("'open", "Unrecognized value: ''open'. Located at position 1 within expression: 'open.")]
    [InlineData("1.2.3.4.5", "Unrecognized value: '1.2.3.4.5'. Located at position 1 within expression: 1.2.3.4.5.")]
    [InlineData("'a'.b", "Unexpected symbol: '.'. Located at position 4 within expression: 'a'.b.")]
    [InlineData("variables.*.*", "")]
    public void Wrong_syntax_is_told_with_its_place(string text, string message)
    {
        var fault = Record.Exception(() => Expression.Parse(text));

        Assert.Equal(message, (fault as ExpressionException)?.Message ?? "");
    }

    [Fact]
    public void A_name_that_the_context_lacks_is_an_error_even_where_it_is_not_reached()
    {
        var expression = Expression.Parse("or(true, secrets.x)");

        var fault = Assert.Throws<ExpressionException>(() => expression.Evaluate(ExpressionContext.ForStep("Succeeded", [])));

        Assert.Equal("Unrecognized value: 'secrets'. Located at position 10 within expression: or(true, secrets.x).", fault.Message);
    }

    [Theory]
    [InlineData(49, true)]
    [InlineData(50, false)]
    public void Calls_nest_49_deep(int depth, bool accepted)
    {
        var text = string.Concat(Enumerable.Repeat("not(", depth)) + "true" + new string(')', depth);

        Assert.Equal(accepted, Record.Exception(() => Expression.Parse(text)) is null);
    }

    [Fact]
    public void A_text_that_grows_without_bound_is_stopped()
    {
        var text = "'0123456789'";
        for (var i = 0; i < 20; i++)
        {
            text = $"format('{{0}}{{0}}{{0}}{{0}}{{0}}{{0}}{{0}}{{0}}', {text})";
        }

        var fault = Assert.Throws<ExpressionException>(() => Expression.Parse(text).Evaluate(new ExpressionContext()));

        Assert.StartsWith("The maximum allowed memory size was exceeded", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_chain_of_properties_is_read_without_recursion() =>
        Assert.IsType<NullValue>(
            Expression.Parse("variables" + string.Concat(Enumerable.Repeat(".a", 10_000)))
                .Evaluate(ExpressionContext.ForStep("Succeeded", [])).Value);

    [Theory]
    [InlineData("convertToJson(variables)", "{\n  \"a\": \"1\"\n}")]
    [InlineData("length(convertToJson(split('', ',')))", "8")]
    [InlineData("replace('aXbx', 'x', '')", "ab")]
    [InlineData("format('{0:yyyy-MM-dd}', 'x')", "!The format specifiers 'yyyy-MM-dd' are not valid for objects of type 'String'")]
    [InlineData(
        "length(3)",
        "!Kind 'Number' not supported. Only arrays, strings, dictionaries, or collections are supported for the length function.")]
    [InlineData("contains(variables, 'a')", "!Unable to convert from Object to String")]
    [InlineData("variables.*[0]", "")]
    [InlineData("substring('abc', 1, 99)", "bc")]
    public void Functions_answer(string text, string answer)
    {
        var context = ExpressionContext.ForStep("Succeeded", [KeyValuePair.Create("a", "1")]);
        string Answer()
        {
            try
            {
                return Expression.Parse(text).Evaluate(context).Value switch { ArrayValue => "", var value => value.ToText() };
            }
            catch (ExpressionException e)
            {
                return $"!{e.Message}";
            }
        }

        Assert.Equal(answer, Answer());
    }

    [Fact]
    public void The_project_depends_on_nothing_so_that_the_agent_stays_small() =>
        Assert.All(
            typeof(Expression).Assembly.GetReferencedAssemblies(),
            a => Assert.StartsWith("System.", a.Name, StringComparison.Ordinal));
}
