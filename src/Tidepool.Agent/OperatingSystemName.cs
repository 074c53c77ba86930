using System.Runtime.InteropServices;

namespace Tidepool.Agent;

/// <summary>What the container's system calls itself: <c>Debian GNU/Linux 12 (bookworm)</c>.</summary>
internal static class OperatingSystemName
{
    public static string Value { get; } = Read();

    private static string Read()
    {
        const string Key = "PRETTY_NAME=";
        return File.Exists("/etc/os-release")
            && File.ReadLines("/etc/os-release").FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) is { } line
            ? line[Key.Length..].Trim('"')
            : RuntimeInformation.OSDescription;
    }
}
