using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines.Explain;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Not Azure DevOps' own, which tells nobody: why each node of a run runs, waits or does not run.</summary>
internal sealed class ExplanationApi(PipelinesServiceOptions options, RunDirectory runs)
{
    public const string Route = "tidepool-explanation";

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet($"{options.Project}/_apis/build/builds/{{buildId}}/{Route}", http =>
    {
        http.MustNotBeJob();
        return http.WriteAsync(runs.FindRun(http.RouteInt("buildId")).Explain(), ExplanationJson.Default.RunExplanation);
    });
}
