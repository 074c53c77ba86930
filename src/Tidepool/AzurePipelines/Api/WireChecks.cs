using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>What JSON lets through and no handler can use: nulls in lists and maps, parts that are missing.</summary>
/// <remarks>Only what is used is asked for, since agents of different ages leave out different things.</remarks>
internal static class WireChecks
{
    public static IReadOnlyList<TimelineRecord> Checked(this Collection<TimelineRecord> sent)
    {
        foreach (var record in WithoutNulls(sent.Value, "value"))
        {
            if (record.Id == Guid.Empty)
            {
                throw Refusal.BadRequest("A record has no id.");
            }

            foreach (var issue in WithoutNulls(record.Issues ?? [], "issues"))
            {
                MustHaveValues(issue.Data, "data");
            }

            MustHaveValues(record.Variables, "variables");
        }

        return sent.Value;
    }

    public static TimelineRecordFeedLines Checked(this TimelineRecordFeedLines sent)
    {
        WithoutNulls(sent.Value, "value");
        return sent;
    }

    public static Timeline Checked(this Timeline sent) =>
        sent.Id == Guid.Empty ? throw Refusal.BadRequest("The timeline has no id.") : sent;

    public static PlanEvent Checked(this PlanEvent sent) =>
        string.IsNullOrEmpty(sent.Name) ? throw Refusal.BadRequest("The event has no name.") : sent;

    public static TaskAgentSession Checked(this TaskAgentSession sent)
    {
        MustHaveValues(sent.SystemCapabilities, "systemCapabilities");
        return sent;
    }

    public static TaskAgent Checked(this TaskAgent sent)
    {
        MustHaveValues(sent.SystemCapabilities, "systemCapabilities");
        MustHaveValues(sent.UserCapabilities, "userCapabilities");
        return sent;
    }

    private static IReadOnlyList<T> WithoutNulls<T>(IReadOnlyList<T>? list, string name) where T : class =>
        list is null || list.Any(item => item is null) ? throw Refusal.BadRequest($"{name} is null, or something in it is.") : list;

    private static void MustHaveValues<T>(IReadOnlyDictionary<string, T>? map, string name) where T : class
    {
        if (map?.FirstOrDefault(pair => pair.Value is null).Key is { } key)
        {
            throw Refusal.BadRequest($"{name} has no value for '{key}'.");
        }
    }
}
