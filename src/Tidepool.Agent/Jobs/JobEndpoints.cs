using Tidepool.Agent.Commands;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>A job's service connections. Steps change them while output is read, so all access is under a lock.</summary>
internal sealed class JobEndpoints(IReadOnlyList<ServiceEndpoint> given)
{
    private readonly Lock _gate = new();
    private readonly List<ServiceEndpoint> _all = [.. given];

    public IReadOnlyList<ServiceEndpoint> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    /// <exception cref="CommandException">There is none of that id; <paramref name="missing"/> is the text.</exception>
    public void Change(Guid id, Func<ServiceEndpoint, ServiceEndpoint> change, string missing)
    {
        lock (_gate)
        {
            var at = _all.FindIndex(endpoint => Guid.TryParse(endpoint.Id, out var own) && own == id);
            if (at < 0)
            {
                throw new CommandException(missing);
            }
            _all[at] = change(_all[at]);
        }
    }
}
