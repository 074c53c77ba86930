using Tidepool.AzurePipelines;

namespace Tidepool.Cli;

/// <summary>Tells what a step's own commands wrote from what the agent writes around it.</summary>
internal sealed class LineFilter
{
    private const string BeginsScript = "Generating script.";
    private const string EndsHeader = "========================== Starting Command Output ===========================";

    /// <summary>Steps whose header is being written, by job and step.</summary>
    private readonly HashSet<(NodeName Job, NodeName Step)> _inHeader = [];

    /// <summary>Whether a step is the agent's own and not the pipeline's.</summary>
    public static bool IsOfTheAgent(NodeName step) => step.Name is "JobExtension_Init" or "JobExtension_Final";

    /// <summary>Lines that the agent writes around a step's own, and ends of groups.</summary>
    private static bool IsAround(string text) =>
        text.StartsWith("##[section]Starting: ", StringComparison.Ordinal)
        || text.StartsWith("##[section]Finishing: ", StringComparison.Ordinal)
        || text.StartsWith("##[command]", StringComparison.Ordinal)
        || text == "##[endgroup]";

    /// <summary>Whether the line is worth a reader's time. Lines must come in their order.</summary>
    public bool IsWorthShowing(LogLine line)
    {
        if (line.Step is not { } step || IsOfTheAgent(step))
        {
            return false;
        }

        var key = (line.Job, step);
        if (line.Text == BeginsScript)
        {
            _inHeader.Add(key);
        }
        else if (line.Text == EndsHeader)
        {
            _inHeader.Remove(key);
            return false;
        }

        return !_inHeader.Contains(key)
            && !IsAround(line.Text);
    }
}
