namespace Tidepool.Agent.Tasks;

/// <summary>A task that was fetched from the service.</summary>
/// <param name="Folder">Where its files are.</param>
internal sealed record TaskPackage(string Folder, TaskDefinition Definition);
