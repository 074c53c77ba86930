using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment.Tests.Aws;

/// <summary>A real TLS server whose certificate an authority of the test's own has signed, as a proxy of a company has.</summary>
public sealed class CertificateSpecs : IDisposable
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private readonly TemporaryFolder _folder = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;

    public CertificateSpecs()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authorityKey = RSA.Create(2048);
        var ofAuthority = new CertificateRequest("CN=Test authority", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        ofAuthority.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var authority = ofAuthority.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        _folder.Write("ca.pem", authority.ExportCertificatePem());

        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, now.AddDays(-1), now.AddHours(12), [1, 2, 3, 4]);
        _certificate = signed.CopyWithPrivateKey(key);
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_bundle_of_AWS_CA_BUNDLE_is_trusted()
    {
        var serving = ServeAsync();
        using var connection = await ConnectAsync(Path.Combine(_folder.Path, "ca.pem"));
        Assert.Null(await new EcsClient(connection).DescribeClusterAsync("c", Ct));
        await serving;
    }

    [Fact]
    public async Task Without_it_the_reason_is_told_and_it_is_not_tried_again()
    {
        var serving = ServeAsync();
        using var connection = await ConnectAsync(bundle: "");
        var problem = await Assert.ThrowsAsync<ProblemException>(() => new EcsClient(connection).DescribeClusterAsync("c", Ct));
        Assert.Matches(
            @"^AWS011: https://127\.0\.0\.1:\d+/ \(ECS\) could not be reached: The remote certificate is invalid because of errors in the certificate chain: \w+\. "
                + "Check the network, HTTPS_PROXY and NO_PROXY, and AWS_CA_BUNDLE where a proxy has a certificate of its own\\.$",
            problem.Message);
        await Assert.ThrowsAnyAsync<Exception>(() => serving);
    }

    private Task<AwsConnection> ConnectAsync(string bundle) => AwsConnection.OpenAsync(
        new()
        {
            Region = "eu-central-1",
            Environment = new Dictionary<string, string>
            {
                ["AWS_ENDPOINT_URL"] = $"https://{_listener.LocalEndpoint}",
                ["AWS_ACCESS_KEY_ID"] = "a",
                ["AWS_SECRET_ACCESS_KEY"] = "b",
                ["AWS_CA_BUNDLE"] = bundle,
            },
        },
        TimeProvider.System,
        Ct);

    /// <summary>Answers one request.</summary>
    private async Task ServeAsync()
    {
        using var client = await _listener.AcceptTcpClientAsync(Ct);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, Ct);
        var buffer = new byte[16 * 1024];
        var text = "";
        while (!text.Contains("\"c\"]}", StringComparison.Ordinal))
        {
            var read = await tls.ReadAsync(buffer, Ct);
            Assert.NotEqual(0, read);
            text += Encoding.UTF8.GetString(buffer, 0, read);
        }

        await tls.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"u8.ToArray(), Ct);
    }
}
