using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

namespace Tidepool.Deployment.Tests;

/// <summary>The clone that these tests were built in.</summary>
internal static class Clone
{
    public static readonly string Root = Find();

    private static string Find()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Tidepool.slnx")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside a clone.");
    }
}
