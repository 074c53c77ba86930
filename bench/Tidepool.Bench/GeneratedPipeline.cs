using System.Globalization;
using System.Text;
using Tidepool.Pipelines;

namespace Tidepool.Bench;

/// <summary>A pipeline of 2,000 lines in 31 files, with what people write in such: loops, conditions, step lists, variables.</summary>
internal sealed class GeneratedPipeline : IPipelineFiles
{
    private const int Templates = 30;

    private readonly Dictionary<string, string> _files = [];

    public GeneratedPipeline()
    {
        for (var number = 0; number < Templates; number++)
        {
            _files[$"/templates/t{number}.yml"] = Template(number);
        }

        _files["/azure-pipelines.yml"] = Root();
    }

    /// <summary>Of all files together.</summary>
    public int Lines => _files.Values.Sum(text => text.Count(c => c == '\n'));

    public int Files => _files.Count;

    public PipelineSource Source => new() { File = "/azure-pipelines.yml", Files = this };

    public string? Read(string repository, string path) => _files.GetValueOrDefault(path);

    private static string Root()
    {
        var yaml = new StringBuilder(
            """
            parameters:
            - name: environments
              type: object
              default: [{name: dev, regions: [a, b]}, {name: test, regions: [a, b, c]}]
            - {name: clean, type: boolean, default: true}
            variables:
            - {name: configuration, value: Release}
            - {name: folder, value: "$(Pipeline.Workspace)/${{ variables.configuration }}"}
            stages:

            """);
        for (var number = 0; number < Templates; number++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $$$"""
                - template: templates/t{{{number}}}.yml
                  parameters:
                    name: S{{{number}}}
                    clean: ${{ parameters.clean }}
                    environments: ${{ parameters.environments }}
                    before:
                    - script: echo before ${{ variables.configuration }}
                      displayName: Before {{{number}}}
                    - bash: |
                        echo more
                        echo and more

                """);
        }

        return yaml.ToString();
    }

    private static string Template(int number)
    {
        var yaml = new StringBuilder(
            """
            parameters:
            - {name: name, type: string}
            - {name: clean, type: boolean, default: false}
            - {name: environments, type: object, default: []}
            - {name: before, type: stepList, default: []}
            stages:
            - stage: ${{ parameters.name }}
              dependsOn: []
              variables:
                where: ${{ variables.folder }}/${{ lower(parameters.name) }}
              jobs:
              - ${{ each environment in parameters.environments }}:
                - job: ${{ parameters.name }}_${{ environment.name }}
                  pool: {name: fargate, demands: ["${{ environment.name }}"]}
                  ${{ if eq(environment.name, 'dev') }}:
                    timeoutInMinutes: 10
                  ${{ else }}:
                    timeoutInMinutes: 60
                  steps:
                  - ${{ if parameters.clean }}:
                    - checkout: self
                      clean: true
                  - ${{ parameters.before }}
                  - ${{ each region in environment.regions }}:
                    - script: deploy --to ${{ region }} --with ${{ join(',', environment.regions) }}
                      displayName: ${{ format('Deploy {0} to {1}', parameters.name, region) }}

            """);
        for (var step = 0; step < 10; step++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $$$"""
                      - ${{ if ne(environment.name, 'none{{{step}}}') }}:
                        - bash: echo step {{{step}}} of {{{number}}} in $(where)
                          env: {TARGET: "${{ upper(environment.name) }}"}

                """);
        }

        return yaml.ToString();
    }
}
