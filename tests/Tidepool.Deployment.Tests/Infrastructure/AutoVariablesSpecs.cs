using Tidepool.Deployment.Infrastructure;

namespace Tidepool.Deployment.Tests.Infrastructure;

public sealed class AutoVariablesSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_again()
    {
        Assert.Null(AutoVariables.Read(_folder.Path));
        var token = new AutoVariables { AzpUrl = "https://dev.azure.com/x", AzpPool = "p \"q\"", ImageTag = "abc" };
        token.Write(_folder.Path);
        Assert.Equal(token, AutoVariables.Read(_folder.Path));
        var principal = new AutoVariables { AzpUrl = "https://dev.azure.com/x", AzpPool = "p", Image = "r/i:1", ServicePrincipal = ("client", "tenant") };
        principal.Write(_folder.Path);
        Assert.Equal(principal, AutoVariables.Read(_folder.Path));
        Assert.Equal([AutoVariables.FileName], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"azp_url": {}}""")]
    public void A_file_that_is_something_else_is_named(string text)
    {
        _folder.Write(AutoVariables.FileName, text);
        var e = Assert.Throws<ProblemException>(() => AutoVariables.Read(_folder.Path));
        Assert.StartsWith($"DEPLOY012: {Path.Combine(_folder.Path, AutoVariables.FileName)} cannot be read: ", e.Message, StringComparison.Ordinal);
        Assert.Equal("Remove the file; ./tidepool up writes it anew.", e.Problem.Mend);
    }
}
