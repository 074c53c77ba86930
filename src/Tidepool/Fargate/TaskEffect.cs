namespace Tidepool.Fargate;

/// <summary>Something to be done for a task; what comes of it is observed later.</summary>
internal abstract record TaskEffect
{
    /// <summary>Secrets are read, images looked up, volumes made.</summary>
    public sealed record Prepare : TaskEffect;

    /// <summary>A container is started.</summary>
    public sealed record Start(string Container) : TaskEffect;

    /// <summary>A container's health check is run.</summary>
    /// <param name="Container">Its name.</param>
    /// <param name="Run">Restarts in place before the run that it is about.</param>
    public sealed record CheckHealth(string Container, int Run) : TaskEffect;

    /// <summary>A container gets the stop signal.</summary>
    public sealed record Stop(string Container) : TaskEffect;

    /// <summary>A container gets SIGKILL.</summary>
    public sealed record Kill(string Container) : TaskEffect;

    /// <summary>The task's volumes and layers are removed.</summary>
    public sealed record RemoveStorage : TaskEffect;
}

/// <summary>The next state of a task, and what has to be done for it.</summary>
internal sealed record TaskStep(TaskLife Life, params TaskEffect[] Effects);
