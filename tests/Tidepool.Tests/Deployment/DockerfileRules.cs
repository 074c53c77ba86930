using System.Text.RegularExpressions;

namespace Tidepool.Tests.Deployment;

/// <summary>What the Dockerfile of the agent image must keep, each with the sentence that says how it was broken.</summary>
internal static partial class DockerfileRules
{
    public const string Volume = "/shared-storage";

    public static IEnumerable<string> Broken(Dockerfile file) =>
        [.. OfUser(file), .. OfVolume(file), .. OfEntryPoint(file), .. OfPins(file), .. OfSecrets(file), .. OfDownloads(file)];

    private static IEnumerable<string> OfUser(Dockerfile file)
    {
        var user = file.Final.LastOrDefault(one => one.Keyword == "USER")?.Rest;
        if (user != "agent")
        {
            yield return $"the last USER is {user ?? "missing, so root"}";
        }
    }

    private static IEnumerable<string> OfVolume(Dockerfile file)
    {
        var declared = file.Final.Index().FirstOrDefault(one => one.Item.Keyword == "VOLUME", (-1, null!));
        if (declared.Item?.Exec is not [Volume])
        {
            yield return $"there is no VOLUME [\"{Volume}\"]";
            yield break;
        }

        var touched = file.Final.Index()
            .Where(one => one.Item.Keyword is "RUN" or "COPY" && one.Item.Rest.Contains(Volume, StringComparison.Ordinal)).ToArray();
        if (!touched.Any(one => one.Index < declared.Index && Owned().IsMatch(one.Item.Rest)))
        {
            yield return $"{Volume} is not made the agent's own before its VOLUME";
        }

        foreach (var late in touched.Where(one => one.Index > declared.Index))
        {
            yield return $"this comes after VOLUME and is dropped: {late.Item}";
        }
    }

    private static IEnumerable<string> OfEntryPoint(Dockerfile file)
    {
        foreach (var one in file.Final.Where(one => one.Keyword is "ENTRYPOINT" or "CMD" && one.Exec is null))
        {
            yield return $"signals do not reach a shell form: {one}";
        }

        var entry = file.Final.LastOrDefault(one => one.Keyword == "ENTRYPOINT");
        if (entry?.Exec is not ["/opt/tidepool/tidepool-agent", "supervise"])
        {
            yield return $"the entry point is {entry?.Rest ?? "missing"}";
        }

        if (file.Final.Any(one => one.Keyword is "CMD" or "HEALTHCHECK"))
        {
            yield return "the image has a CMD or a HEALTHCHECK: the second would see the token";
        }
    }

    private static IEnumerable<string> OfPins(Dockerfile file)
    {
        var stages = file.Instructions.Where(one => one.Keyword == "FROM" && one.Rest.Contains(" AS ", StringComparison.Ordinal))
            .Select(one => one.Rest.Split(" AS ")[1]).ToArray();
        foreach (var from in file.Instructions.Where(one => one.Keyword == "FROM").Select(one => one.Rest.Split(' ')[0]))
        {
            if (!OwnStage().IsMatch(from) && !stages.Contains(from) && !Argument().IsMatch(from))
            {
                yield return $"FROM {from} is neither a stage nor an argument, so no mirror can replace it";
            }
        }

        foreach (var (_, name, value) in file.Settings)
        {
            if (name.EndsWith("_IMAGE", StringComparison.Ordinal) && value.Length > 0 && !PinnedImage().IsMatch(value))
            {
                yield return $"{name}={value} is not pinned to a release";
            }

            if (name.EndsWith("_VERSION", StringComparison.Ordinal) && !PinnedVersion().IsMatch(value))
            {
                yield return $"{name}={value} is not pinned to a release";
            }
        }
    }

    private static IEnumerable<string> OfSecrets(Dockerfile file)
    {
        foreach (var (keyword, name, _) in file.Settings.Where(setting => Secret().IsMatch(setting.Name)))
        {
            yield return $"{keyword} {name} would stay in the image's history";
        }
    }

    private static IEnumerable<string> OfDownloads(Dockerfile file)
    {
        foreach (var one in file.Instructions.Where(one =>
            one.Keyword == "ADD" || (one.Keyword == "RUN" && Download().IsMatch(one.Rest))))
        {
            yield return $"this downloads without a checksum: {one}";
        }
    }

    [GeneratedRegex($@"(user\.sh agent 1000 {Volume}|chown (-R )?(agent:agent|1000:1000) {Volume})\b")]
    private static partial Regex Owned();

    [GeneratedRegex(@"^base-\$\{FLAVOUR\}$")]
    private static partial Regex OwnStage();

    [GeneratedRegex(@"^\$\{[A-Z]+_IMAGE\}$")]
    private static partial Regex Argument();

    [GeneratedRegex(@"(:\d+\.\d+\.\d+[\w.-]*|:\d+\.\d+-slim|@sha256:[0-9a-f]{64})$")]
    private static partial Regex PinnedImage();

    [GeneratedRegex(@"^\d+\.\d+\.\d+$")]
    private static partial Regex PinnedVersion();

    [GeneratedRegex("TOKEN|PASSWORD|SECRET|CREDENTIAL|API_?KEY|PRIVATE|^PAT$|_PAT$|^AZP_", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();

    [GeneratedRegex(@"\b(curl|wget)\b")]
    private static partial Regex Download();
}
