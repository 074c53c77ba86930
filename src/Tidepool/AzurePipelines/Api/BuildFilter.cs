using Microsoft.AspNetCore.Http;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Which runs a client asks for, and in which order. Enums come as names or as numbers; several states of one kind are flags.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/build/builds/list</remarks>
internal sealed record BuildFilter
{
    private static readonly (string Name, int Flag)[] Statuses =
        [("none", 0), ("inProgress", 1), ("completed", 2), ("cancelling", 4), ("postponed", 8), ("notStarted", 32), ("all", 47)];

    private static readonly (string Name, int Flag)[] Results = [("none", 0), ("succeeded", 2), ("partiallySucceeded", 4), ("failed", 8), ("canceled", 32)];

    private static readonly (string Name, int Number)[] Orders =
    [
        ("finishTimeAscending", 2), ("finishTimeDescending", 3), ("queueTimeDescending", 4), ("queueTimeAscending", 5),
        ("startTimeDescending", 6), ("startTimeAscending", 7),
    ];

    private IReadOnlyList<string> Definitions { get; init; } = [];
    private IReadOnlyList<string> Builds { get; init; } = [];
    private IReadOnlyList<string> Tags { get; init; } = [];
    private string? Number { get; init; }
    private string? BranchName { get; init; }
    private string? RequestedFor { get; init; }
    private int? Status { get; init; }
    private int? Result { get; init; }
    private int Sort { get; init; } = 4;
    private int Top { get; init; } = int.MaxValue;
    private DateTimeOffset? From { get; init; }
    private DateTimeOffset? To { get; init; }

    public static BuildFilter Of(HttpContext http) => new()
    {
        Definitions = List(http, "definitions"),
        Builds = List(http, "buildIds"),
        Tags = List(http, "tagFilters"),
        Number = http.QueryText("buildNumber"),
        BranchName = Branch(http.QueryText("branchName")),
        RequestedFor = http.QueryText("requestedFor"),
        Status = Flags(Statuses, http, "statusFilter"),
        Result = Flags(Results, http, "resultFilter"),
        Sort = Flags(Orders, http, "queryOrder") ?? 4,
        Top = http.QueryInt("$top") ?? int.MaxValue,
        From = Time(http, "minTime"),
        To = Time(http, "maxTime"),
    };

    /// <summary>A branch with its full name.</summary>
    public static string? Branch(string? name) => name is null || name.StartsWith("refs/", StringComparison.Ordinal) ? name : $"refs/heads/{name}";

    public bool Takes(RunLoop run)
    {
        var (facts, progress) = (run.Facts, run.Progress);
        return Has(Definitions, $"{facts.DefinitionId}")
            && Has(Builds, $"{facts.Id}")
            && (Tags.Count == 0 || Tags.All(tag => run.Notes.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase)))
            && IsNumber(facts.Number)
            && (BranchName is null || BranchName == facts.Request.SourceBranch)
            && (RequestedFor is null || RequestedFor.Equals(facts.Request.RequestedFor, StringComparison.OrdinalIgnoreCase))
            && (Status is null || (Status.Value & FlagOf(Statuses, BuildResources.Status(progress))) != 0)
            && (Result is null || (BuildResources.Result(progress) is { } result && (Result.Value & FlagOf(Results, result)) != 0))
            && (From is null || facts.StartTime >= From)
            && (To is null || facts.StartTime <= To);
    }

    public IReadOnlyList<Build> Order(IEnumerable<Build> builds) => [.. (Sort switch
    {
        2 => builds.OrderBy(build => build.FinishTime ?? DateTimeOffset.MaxValue).ThenBy(build => build.Id),
        3 => builds.OrderByDescending(build => build.FinishTime ?? DateTimeOffset.MaxValue).ThenByDescending(build => build.Id),
        5 or 7 => builds.OrderBy(build => build.Id),
        _ => builds.OrderByDescending(build => build.Id),
    }).Take(Top)];

    private static bool Has(IReadOnlyList<string> wanted, string value) => wanted.Count == 0 || wanted.Contains(value);

    private bool IsNumber(string number) => Number is null
        || (Number.EndsWith('*') ? number.StartsWith(Number[..^1], StringComparison.OrdinalIgnoreCase) : number.Equals(Number, StringComparison.OrdinalIgnoreCase));

    private static string[] List(HttpContext http, string name) =>
        http.QueryText(name)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static int FlagOf((string Name, int Flag)[] names, string name) => names.First(known => known.Name == name).Flag;

    private static int? Flags((string Name, int Flag)[] names, HttpContext http, string query) => http.QueryText(query) switch
    {
        null => null,
        var text when int.TryParse(text, out var number) => number,
        var text => text.Split(',', StringSplitOptions.TrimEntries).Aggregate(0, (all, name) =>
            all | names.Where(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(known => known.Flag).FirstOrDefault(-1) switch
            {
                -1 => throw Refusal.BadRequest($"{query} is '{text}'; known are {string.Join(", ", names.Select(known => known.Name))}."),
                var flag => flag,
            }),
    };

    private static DateTimeOffset? Time(HttpContext http, string name) => http.QueryText(name) switch
    {
        null => null,
        var text when DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var time) => time,
        var text => throw Refusal.BadRequest($"{name} is '{text}', not a time."),
    };
}
