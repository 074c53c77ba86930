using Tidepool.Agent.Registration;

namespace Tidepool.Agent.Supervision;

/// <summary>Where the supervised agent lies: Microsoft's as it is unpacked, or any other with the same two programs.</summary>
internal sealed class AgentFolder
{
    public const string Config = "config.sh";
    public const string Listener = "bin/Agent.Listener";

    private AgentFolder(string root) => Root = root;

    public string Root { get; }

    public bool HasListener => CanRun(Listener);

    /// <exception cref="AgentException">There is no agent.</exception>
    public static AgentFolder Open(string root)
    {
        var folder = new AgentFolder(root);
        return new[] { Config, Listener }.FirstOrDefault(program => !folder.CanRun(program)) is { } missing
            ? throw new AgentException(
                "AGENT011",
                $"{root} has no agent: {missing} is not there or may not be executed.",
                "Set AZP_AGENT_FOLDER to the folder of Microsoft's agent.")
            : folder;
    }

    public string At(string program) => Path.Combine(Root, program);

    /// <summary>Forgets the identity that a killed container has left, for an agent that is configured refuses to be configured.</summary>
    /// <exception cref="AgentException">The folder cannot be written to.</exception>
    public void Forget()
    {
        try
        {
            new IdentityFiles(Root).Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AgentException(
                "AGENT011", $"The agent's old identity in {Root} could not be deleted: {e.Message.TrimEnd('.')}.", "Make that folder writable for the agent's user.");
        }
    }

    private bool CanRun(string program) => Executable.Find(Path.GetFileName(program), Path.GetDirectoryName(At(program))) is not null;
}
