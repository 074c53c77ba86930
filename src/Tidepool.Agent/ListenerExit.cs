namespace Tidepool.Agent;

/// <summary>How Microsoft's <c>Agent.Listener run</c> ends, and the built-in agent's <c>run</c> with it.</summary>
/// <remarks>
/// Source: https://github.com/microsoft/azure-pipelines-agent, src/Agent.Listener/Program.cs and Constants.cs. 0, 1 and 2 are told apart by its own service
/// host as here: stop, stop, start again.
/// </remarks>
internal enum ListenerExit
{
    /// <summary>Stopped in order, its one job done, or its access taken away.</summary>
    Success = 0,

    /// <summary>An error that another start would meet again.</summary>
    Terminated = 1,
    Retryable = 2,

    /// <summary>A script replaces its files; then it is to be started again.</summary>
    Updating = 3,

    /// <summary>The same with <c>--once</c>, before its job.</summary>
    OnceUpdating = 4,
}
