using System.Collections.Concurrent;
using Tidepool.Rehearsal;

namespace Tidepool.Deployment.Tests;

/// <summary>Keeps what the environment said: members that were left out, operations that are not known.</summary>
internal sealed class SaidEvents : IProgress<RehearsalEvent>
{
    public ConcurrentQueue<string> Texts { get; } = new();

    public void Report(RehearsalEvent value)
    {
        if (value is Rehearsal.Said(var text))
        {
            Texts.Enqueue(text);
        }
    }
}
