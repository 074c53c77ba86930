using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Upstream;

/// <summary>Reads files of environment variables from the upstream's S3 at the start of a task.</summary>
/// <param name="upstream">Where S3 is; null where there is none, and then no definition with such files is registered.</param>
internal sealed class EnvironmentFiles(UpstreamClient? upstream)
{
    // Reported by users; what follows it is the service's own error. https://repost.aws/knowledge-center/ecs-iam-task-roles-config-errors
    private const string Failed = "ResourceInitializationError: failed to download env files: file download command: non empty error stream: ";

    /// <summary>The variables of all the files of a task, by the files' ARNs.</summary>
    /// <exception cref="TaskStartException">One could not be read; holds the stopped reason.</exception>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<KeyValuePair<string, string>>>> ReadAsync(TaskDefinition definition, CancellationToken ct)
    {
        var files = new Dictionary<string, IReadOnlyList<KeyValuePair<string, string>>>();
        foreach (var arn in definition.ContainerDefinitions.SelectMany(container => container.EnvironmentFiles).Select(file => file.Value).Distinct())
        {
            try
            {
                files[arn] = Parse(await upstream!.ReadObjectAsync(arn[(arn.LastIndexOf(':') + 1)..], ct));
            }
            catch (UpstreamException e)
            {
                throw new TaskStartException(Failed + e.Message);
            }
        }

        return files;
    }

    /// <summary>The variables of a file: lines of NAME=VALUE, taken as they are; a line that begins with # is none.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html</remarks>
    public static IReadOnlyList<KeyValuePair<string, string>> Parse(string text) =>
    [
        .. text.Split('\n').Select(line => line.TrimEnd('\r'))
            .Where(line => !line.StartsWith('#') && line.IndexOf('=') > 0)
            .Select(line => line.Split('=', 2))
            .Select(parts => KeyValuePair.Create(parts[0], parts[1])),
    ];
}
