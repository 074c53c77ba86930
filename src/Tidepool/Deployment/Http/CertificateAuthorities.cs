using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tidepool.Deployment.Http;

/// <summary>The certificate authorities of <c>AWS_CA_BUNDLE</c>, which then are the only ones trusted, as with the aws command.</summary>
/// <remarks>SSL_CERT_FILE and SSL_CERT_DIR need nothing here: .NET on Linux reads them in place of the system's authorities.</remarks>
internal static class CertificateAuthorities
{
    /// <returns>Null for those of the system.</returns>
    public static X509Certificate2Collection? Read(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.GetValueOrDefault("AWS_CA_BUNDLE") is not { Length: > 0 } path)
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ProblemException("AWS007", $"AWS_CA_BUNDLE '{path}' cannot be read: {e.Message}", "Name a PEM file of certificates, or unset it.");
        }

        return authorities.Count > 0
            ? authorities
            : throw new ProblemException("AWS007", $"AWS_CA_BUNDLE '{path}' holds no certificate.", "Name a PEM file of certificates, or unset it.");
    }
}
