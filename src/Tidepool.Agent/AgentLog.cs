namespace Tidepool.Agent;

/// <summary>The container's log. No job's output and no secret ever goes here.</summary>
internal static class AgentLog
{
    public static void Info(string text) => Console.Out.WriteLine(text);

    public static void Warning(string text) => Console.Error.WriteLine(text);
}
