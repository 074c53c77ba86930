using Tidepool.Expressions;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Lint;

namespace Tidepool.Tests.Pipelines;

public sealed class AnyTextSpecs
{
    private const string File =
        """
        parameters:
        - name: p
          type: object
          default: {a: [1, two], b: ''}
        - {name: q, type: boolean, default: false}
        variables:
        - {name: v, value: "${{ parameters.p.a[1] }}", readonly: true}
        stages:
        - stage: A
          dependsOn: []
          condition: and(succeeded(), eq(variables.v, 'two'))
          jobs:
          - job: a
            pool: {name: $(x), demands: [d, e -equals f]}
            continueOnError: $[eq(1, 1)]
            timeoutInMinutes: 5
            variables: {w: "$[dependencies.x.outputs['y.z']]"}
            steps:
            - checkout: self
              fetchDepth: 1
            - ${{ if eq(parameters.q, true) }}:
              - script: x
            - bash: |
                echo ${{ convertToJson(parameters.p) }}
              env: {K: v}
              condition: failed()
          - job: b
            dependsOn: a
            workspace: {clean: all}
        - stage: B
          jobs:
          - deployment: c
            environment: e
            strategy: {runOnce: {deploy: {steps: [{bash: cp $(v) /shared-storage/x > /dev/null}]}}}
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_a_file_holds_it_is_read_or_refused(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 1000; i++)
        {
            var text = Damage(File, random);
            var fault = Record.Exception(() => RunSimulation.Read(text));
            Assert.True(fault is null or PipelineNotValidException, $"{fault}\n\n{text}");
            fault = Record.Exception(() => PipelinePreflight.Inspect(new PipelineSource { File = "/p.yml", Files = new OneFile("/p.yml", text) }));
            Assert.True(fault is null or PipelineNotValidException, $"{fault}\n\n{text}");
            fault = Record.Exception(() => PipelineLint.Inspect(new PipelineSource { File = "/p.yml", Files = new OneFile("/p.yml", text) }, new LintOptions()));
            Assert.True(fault is null, $"{fault}\n\n{text}");
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Whatever_an_expression_holds_it_is_evaluated_or_refused(int seed)
    {
        const string text =
            "and(format('{0} {1}}}', 1, 2.5), ne(variables.b['c'][0].*.d, -1.2), or(not(in(1.2.3, 'x')), split('a', ',')[1], failed()))";
        var random = new Random(seed);
        for (var i = 0; i < 3000; i++)
        {
            var damaged = Damage(text, random);
            var fault = Record.Exception(() => Expression.Parse(damaged).Evaluate(ExpressionContext.ForStep("Failed", [])));
            Assert.True(fault is null or ExpressionException, $"{fault}\n\n{damaged}");
        }
    }

    /// <summary>Takes out, doubles or replaces one to four pieces of the text.</summary>
    private static string Damage(string text, Random random)
    {
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            var at = random.Next(text.Length);
            var length = Math.Min(random.Next(1, 12), text.Length - at);
            var put = random.Next(4) switch
            {
                0 => "",
                1 => text.Substring(at, length) + text.Substring(at, length),
                2 => text.Substring(random.Next(text.Length - length), length),
                _ => random.GetString("[]{}()'\":-,.*$ \n#&!%@|>a1", random.Next(1, 4)),
            };
            text = text[..at] + put + text[(at + length)..];
            if (text.Length < 20)
            {
                return text;
            }
        }
        return text;
    }
}
