using Docker.DotNet;
using Docker.DotNet.Models;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>An image as the engine has it.</summary>
/// <param name="Id">Its id; a new build under the same name has another.</param>
/// <param name="Architecture">In Go's words: <c>amd64</c>, <c>arm64</c>.</param>
/// <param name="Volumes">Paths of its <c>VOLUME</c> lines.</param>
/// <param name="StopSignal">What asks its program to end.</param>
/// <param name="Bytes">What it takes unpacked.</param>
internal sealed record EngineImage(string Id, string Architecture, IReadOnlyList<string> Volumes, string StopSignal, long Bytes)
{
    private const string DefaultStopSignal = "SIGTERM";

    /// <summary>Looks an image up; null when the engine does not have it. Nothing is ever pulled.</summary>
    /// <exception cref="IOException">The engine does not answer.</exception>
    public static async Task<EngineImage?> FindAsync(DockerClient client, string name, CancellationToken ct)
    {
        try
        {
            return Of(await EngineWords.AskAsync(() => client.Images.InspectImageAsync(name, ct)));
        }
        catch (IOException e) when (e.InnerException is DockerImageNotFoundException or DockerApiException { StatusCode: System.Net.HttpStatusCode.NotFound })
        {
            return null;
        }
    }

    /// <summary>The architecture that a task definition asks for.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html; X86_64 where none is named.</remarks>
    public static string ArchitectureOf(RuntimePlatform? platform) => platform?.CpuArchitecture is "ARM64" ? "arm64" : "amd64";

    /// <summary>Why a task of a platform cannot use the image, in AWS's words; null when it can.</summary>
    /// <remarks>The text is inferred: users report it of Fargate, AWS documents none.</remarks>
    public string? Mismatch(RuntimePlatform? platform) => ArchitectureOf(platform) is var wanted && Architecture == wanted
        ? null
        : $"image Manifest does not contain descriptor matching platform 'linux/{wanted}'";

    private static EngineImage Of(ImageInspectResponse image) => new(
        image.ID,
        image.Architecture,
        [.. image.Config?.Volumes?.Keys ?? []],
        image.Config?.StopSignal is { Length: > 0 } signal ? signal : DefaultStopSignal,
        image.Size);
}
