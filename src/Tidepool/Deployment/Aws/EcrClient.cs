using System.Text;

namespace Tidepool.Deployment.Aws;

/// <summary>An ECR repository.</summary>
/// <param name="RepositoryUri">What an image's name begins with, as in <c>123456789012.dkr.ecr.eu-central-1.amazonaws.com/tidepool-agent</c>.</param>
public sealed record EcrRepository(string RepositoryArn, string RepositoryName, string RepositoryUri);

/// <summary>An image, by digest and one of its tags; an untagged one has none.</summary>
public sealed record EcrImageId(string? ImageDigest, string? ImageTag);

/// <summary>What ECR knows of an image.</summary>
/// <param name="ImageSizeInBytes">Compressed, as it is pulled.</param>
public sealed record EcrImage(string ImageDigest, IReadOnlyList<string>? ImageTags, long? ImageSizeInBytes, DateTimeOffset? ImagePushedAt);

/// <summary>What <c>docker login</c> takes for twelve hours.</summary>
/// <param name="Registry">Host of the registry, without a scheme.</param>
public sealed record RegistryLogin(string User, Secret Password, string Registry, DateTimeOffset ExpiresAt);

/// <summary>ECR, as far as Tidepool needs it. Every call may throw AWS003 to AWS011.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html</remarks>
public sealed class EcrClient(AwsConnection connection)
{
    // BatchDeleteImage takes no more.
    private const int ImagesACall = 100;

    /// <summary>Reads a repository.</summary>
    /// <returns>Null where there is none.</returns>
    public async Task<EcrRepository?> DescribeRepositoryAsync(string repository, CancellationToken ct)
    {
        var (reply, refusal) = await connection.TryCallAsync<RepositoriesReply>(
            AwsService.Ecr, "DescribeRepositories", new { RepositoryNames = (string[])[repository] }, AwsJson.Camel, ct);
        return refusal switch
        {
            null => reply!.Repositories is [var found, ..] ? found : null,
            { Code: "RepositoryNotFoundException" } => null,
            _ => throw refusal.ToException(),
        };
    }

    /// <summary>Reads the image that has a tag.</summary>
    /// <returns>Null where there is none, or no repository.</returns>
    public async Task<EcrImage?> DescribeImageAsync(string repository, string tag, CancellationToken ct)
    {
        var request = new { RepositoryName = repository, ImageIds = (EcrImageId[])[new(ImageDigest: null, tag)] };
        var (reply, refusal) = await connection.TryCallAsync<ImagesReply>(AwsService.Ecr, "DescribeImages", request, AwsJson.Camel, ct);
        return refusal switch
        {
            null => reply!.ImageDetails is [var found, ..] ? found : null,
            { Code: "ImageNotFoundException" or "RepositoryNotFoundException" } => null,
            _ => throw refusal.ToException(),
        };
    }

    /// <summary>Lists every image, of every page: once for each tag, and the untagged ones.</summary>
    /// <returns>Nothing where there is no repository.</returns>
    public async Task<IReadOnlyList<EcrImageId>> ListImagesAsync(string repository, CancellationToken ct)
    {
        var images = new List<EcrImageId>();
        string? next = null;
        do
        {
            var (reply, refusal) = await connection.TryCallAsync<ImageIdsReply>(
                AwsService.Ecr, "ListImages", new { RepositoryName = repository, NextToken = next }, AwsJson.Camel, ct);
            if (refusal is not null)
            {
                return refusal.Code == "RepositoryNotFoundException" ? [] : throw refusal.ToException();
            }

            images.AddRange(reply!.ImageIds ?? []);
            next = reply.NextToken;
        }
        while (!string.IsNullOrEmpty(next));
        return images;
    }

    /// <summary>Deletes images by digest, with all their tags.</summary>
    /// <returns>Why some were not deleted, in ECR's words; empty where all were.</returns>
    public async Task<IReadOnlyList<string>> DeleteImagesAsync(string repository, IEnumerable<string> digests, CancellationToken ct)
    {
        var failures = new List<string>();
        foreach (var chunk in digests.Distinct().Chunk(ImagesACall))
        {
            var request = new { RepositoryName = repository, ImageIds = chunk.Select(digest => new EcrImageId(digest, ImageTag: null)) };
            var reply = await connection.CallAsync<DeleteReply>(AwsService.Ecr, "BatchDeleteImage", request, AwsJson.Camel, ct);
            failures.AddRange((reply.Failures ?? [])
                .Where(failure => failure.FailureCode != "ImageNotFound")
                .Select(failure => $"{failure.ImageId?.ImageDigest}: {failure.FailureCode}: {failure.FailureReason}"));
        }

        return failures;
    }

    /// <summary>Gets what <c>docker login</c> needs to push and pull; valid for twelve hours.</summary>
    public async Task<RegistryLogin> GetLoginAsync(CancellationToken ct)
    {
        var reply = await connection.CallAsync<TokenReply>(AwsService.Ecr, "GetAuthorizationToken", new { }, AwsJson.Camel, ct);
        var data = reply.AuthorizationData[0];
        var (user, password) = Encoding.UTF8.GetString(Convert.FromBase64String(data.AuthorizationToken)).Split(':', 2) is [var name, var secret]
            ? (name, secret)
            : throw new ProblemException("AWS010", "ECR's authorization token is not as its documentation says.", "Update Tidepool.");
        return new(user, new(password), new Uri(data.ProxyEndpoint).Authority, data.ExpiresAt);
    }

    private sealed record RepositoriesReply(IReadOnlyList<EcrRepository>? Repositories);

    private sealed record ImagesReply(IReadOnlyList<EcrImage>? ImageDetails);

    private sealed record ImageIdsReply(IReadOnlyList<EcrImageId>? ImageIds, string? NextToken);

    private sealed record DeleteReply(IReadOnlyList<Failure>? Failures);

    private sealed record Failure(EcrImageId? ImageId, string? FailureCode, string? FailureReason);

    private sealed record TokenReply(IReadOnlyList<AuthorizationData> AuthorizationData);

    private sealed record AuthorizationData(string AuthorizationToken, DateTimeOffset ExpiresAt, string ProxyEndpoint);
}
