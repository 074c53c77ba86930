namespace Tidepool.Deployment.Tests;

/// <summary>Programs that a machine may lack.</summary>
internal static class Installed
{
    public static bool Has(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));
}
