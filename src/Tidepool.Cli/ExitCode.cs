namespace Tidepool.Cli;

/// <summary>What the process answers; the numbers are fixed.</summary>
internal enum ExitCode
{
    /// <summary>Everything came out as expected.</summary>
    Done = 0,

    /// <summary>It ran, and something did not come out as expected.</summary>
    Failed = 1,

    /// <summary>Wrong usage or configuration: nothing was tried.</summary>
    Usage = 2,

    /// <summary>Ctrl-C or a termination signal.</summary>
    Interrupted = 130,
}
