using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The pool as the project sees it: a queue, with the pool's own id.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/queues</remarks>
internal sealed class QueuesApi(PipelinesServiceOptions options, BuildResources resources)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var all = $"{options.Project}/_apis/distributedtask/queues";
        routes.MapGet(all, http =>
        {
            http.MustNotBeJob();
            var queue = resources.Queue();
            return http.WriteListAsync(IsAsked(http, queue) ? [queue] : [], BuildJson.Default.CollectionAgentQueue);
        });
        routes.MapGet($"{all}/{{queueId}}", http =>
        {
            http.MustNotBeJob();
            var queue = resources.Queue();
            return http.RouteInt("queueId") == queue.Id
                ? http.WriteAsync(queue, BuildJson.Default.AgentQueue)
                : throw Refusal.QueueNotFound(http.RouteInt("queueId"));
        });
    }

    private static bool IsAsked(HttpContext http, AgentQueue queue)
    {
        var id = queue.Id.ToString(CultureInfo.InvariantCulture);
        return Has("queueName", queue.Name) && Has("queueNames", queue.Name) && Has("queueIds", id) && Has("poolIds", id);

        bool Has(string name, string value) => http.QueryText(name)
            ?.Split(',', StringSplitOptions.TrimEntries).Contains(value, StringComparer.OrdinalIgnoreCase) ?? true;
    }
}
