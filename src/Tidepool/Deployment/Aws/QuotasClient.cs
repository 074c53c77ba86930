namespace Tidepool.Deployment.Aws;

/// <summary>Service Quotas, as far as Tidepool needs it.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html</remarks>
public sealed class QuotasClient(AwsConnection connection)
{
    /// <summary>How many vCPUs of Fargate On-Demand the account may run in the region at once.</summary>
    /// <returns>Null where the identity may not ask, or the answer does not tell.</returns>
    /// <remarks>The quota's code: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html</remarks>
    public async Task<double?> FargateCpusAsync(CancellationToken ct)
    {
        var request = new { ServiceCode = "fargate", QuotaCode = "L-3032A538" };
        var (reply, _) = await connection.TryCallAsync<QuotaReply>(AwsService.Quotas, "GetServiceQuota", request, AwsJson.Pascal, ct);
        return reply?.Quota?.Value;
    }

    private sealed record QuotaReply(ServiceQuota? Quota);

    private sealed record ServiceQuota(double? Value);
}
