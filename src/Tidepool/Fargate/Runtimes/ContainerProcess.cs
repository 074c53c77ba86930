using System.Text;

namespace Tidepool.Fargate.Runtimes;

/// <summary>Finds the first process of a container by a variable that no other container has.</summary>
internal static class ContainerProcess
{
    /// <summary>Its id as this machine counts processes.</summary>
    /// <param name="told">What the runtime says, which may count processes in another namespace; null for nothing.</param>
    /// <param name="variable">The variable with its value, as in <c>NAME=value</c>.</param>
    /// <returns>The process; what was told where nobody's variables can be read; null where it is not there.</returns>
    public static int? Find(int? told, string variable) => told is { } pid && Has(pid, variable) is not false
        ? pid
        : Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var one) ? one : 0)
            .Where(one => one > 0)
            .Order()
            .Where(one => Has(one, variable) is true)
            .Select(one => (int?)one)
            .FirstOrDefault();

    // Null where they cannot be read.
    private static bool? Has(int pid, string variable)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/environ")).Split('\0').Contains(variable);
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
