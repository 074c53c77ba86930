namespace Tidepool.Agent.Tasks;

/// <summary>A task could not be fetched or read; the job fails by it.</summary>
internal sealed class TaskException(string text) : Exception(text);
