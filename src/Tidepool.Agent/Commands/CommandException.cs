namespace Tidepool.Agent.Commands;

/// <summary>A logging command could not be done: an error of its step, which fails by it.</summary>
internal sealed class CommandException(string text) : Exception(text);
