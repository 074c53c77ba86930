namespace Tidepool.Agent.Wire;

/// <summary>Addresses that the service gives.</summary>
internal static class ServiceUrl
{
    /// <summary>
    /// A server that is not Microsoft's cloud may know itself by another host name than the one it is reached by, behind a
    /// proxy or from a container: the one it is reached by counts.
    /// </summary>
    public static string Rewrite(string given, string ours, bool onPremises)
    {
        if (!onPremises)
        {
            return given;
        }
        var (from, to) = (new Uri(given), new Uri(ours));
        return new UriBuilder(from) { Scheme = to.Scheme, Host = to.Host, Port = to.Port }.Uri.AbsoluteUri;
    }
}
