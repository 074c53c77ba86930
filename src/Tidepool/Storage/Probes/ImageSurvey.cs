using System.Globalization;
using Tidepool.Tasks;

namespace Tidepool.Storage.Probes;

/// <summary>A task that looks at the image before the probes: what they compare volumes with, and which of them can be tried.</summary>
public static class ImageSurvey
{
    private const string AsItself = "user";
    private const string AsRoot = "root";

    // Where images hold something; Tidepool's own the first. The engine's own files are no content.
    private static readonly string[] Candidates = ["/opt/tidepool", "/usr/share", "/etc"];
    private static readonly string[] OfTheEngine = ["hostname", "hosts", "resolv.conf", "mtab"];

    public static ProbeTask Task(ProbeSetting setting) => new("survey", ProbeDefinition.Of(
        setting,
        "survey",
        ProbeDefinition.Container(setting, AsItself, "say uid=$(id -u)").First().As(null) with { MountPoints = [] },
        ProbeDefinition.Container(setting, AsRoot, Script(setting.ImageVolume)).After(AsItself) with { MountPoints = [] }) with
    {
        Volumes = [],
    });

    /// <summary>Reads what the task wrote; null where it did not come to its end.</summary>
    public static ImageFacts? Read(ProbeEvidence evidence)
    {
        var (user, root) = (evidence.Of("survey", AsItself), evidence.Of("survey", AsRoot));
        if (root.Fact("done") is null)
        {
            return null;
        }

        var (path, name) = Candidates
            .SelectMany(path => (root.Fact($"at{path}") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Except(OfTheEngine).Take(1).Select(name => (path, name)))
            .FirstOrDefault();
        return new(
            user.Fact("uid"),
            root.Fact("owner"),
            int.TryParse(root.Fact("entries"), CultureInfo.InvariantCulture, out var entries) ? entries : 0,
            root.Fact("sum"),
            path,
            name,
            root.Fact("chown") is "yes");
    }

    private static string Script(string? volume) => string.Join('\n',
    [
        volume is null ? "" : $"if [ -d {volume} ]; then say owner=$(owner {volume}); {Contents(volume)}; fi",
        .. Candidates.Select(path => $"if [ -d {path} ]; then say at{path}=$(echo $(ls -A {path} | head -n 20)); fi"),
        "touch /tmp/chown; if chown 1234:1234 /tmp/chown; then say chown=yes; else say chown=no; fi",
        "say done=yes",
    ]);

    /// <summary>Says how much is in a directory, and the checksum over all of it.</summary>
    internal static string Contents(string path) => $"say entries=$(walk {path} {path} | grep -c .); say sum=$(walk {path} {path} | cksum)";
}
