namespace Tidepool.Deployment;

/// <summary>How Azure DevOps knows us.</summary>
public abstract record OrganizationCredential
{
    private OrganizationCredential()
    {
    }

    /// <summary>What goes into the task's secret: the token, or the service principal's client secret.</summary>
    public abstract Secret Secret { get; }

    /// <summary>A personal access token, or a Microsoft Entra access token (a JWT).</summary>
    public sealed record Token(Secret Value) : OrganizationCredential
    {
        /// <inheritdoc/>
        public override Secret Secret => Value;

        /// <summary>Whether it is a Microsoft Entra access token, which is sent as Bearer and lives about an hour.</summary>
        /// <remarks>Three base64url parts, the first of which begins a JSON object. Source: https://www.rfc-editor.org/rfc/rfc7519#section-3</remarks>
        public bool IsEntra => Value.Reveal() is var text && text.StartsWith("eyJ", StringComparison.Ordinal) && text.Count(c => c == '.') == 2;
    }

    /// <summary>A Microsoft Entra service principal; its token is fetched and renewed.</summary>
    /// <param name="Authority">Where tokens come from. Default https://login.microsoftonline.com; other clouds have others.</param>
    public sealed record ServicePrincipal(string ClientId, string TenantId, Secret ClientSecret, Uri Authority) : OrganizationCredential
    {
        /// <inheritdoc/>
        public override Secret Secret => ClientSecret;
    }
}
