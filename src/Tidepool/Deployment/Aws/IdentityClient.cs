using System.Xml.Linq;

namespace Tidepool.Deployment.Aws;

/// <summary>Who calls AWS.</summary>
/// <param name="Account">The account's twelve digits.</param>
/// <param name="Arn">The user or assumed role.</param>
public sealed record CallerIdentity(string Account, string Arn);

/// <summary>AWS STS, as far as Tidepool needs it.</summary>
public sealed class IdentityClient(AwsConnection connection)
{
    /// <summary>Asks AWS who the credentials belong to; every valid identity may ask that.</summary>
    /// <exception cref="ProblemException">AWS003: expired. AWS004: not valid. AWS011: not reached.</exception>
    /// <remarks>Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html</remarks>
    public async Task<CallerIdentity> GetCallerIdentityAsync(CancellationToken ct)
    {
        var reply = await connection.QueryAsync(AwsService.Identity, "GetCallerIdentity", "2011-06-15", [], ct);
        string Part(string name) => reply.Descendants().FirstOrDefault(element => element.Name.LocalName == name)?.Value ?? "";
        return new(Part("Account"), Part("Arn"));
    }
}
