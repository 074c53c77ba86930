using Tidepool.Agent;
using Tidepool.Agent.Token;

try
{
    switch (CommandLine.Parse(args))
    {
        case AgentCommand.Print(var text):
            Console.Out.WriteLine(text);
            return (int)ExitCode.Done;
        case AgentCommand.AnswerGit(var operation):
            GitCredential.Answer(operation);
            return (int)ExitCode.Done;
        case AgentCommand.BuiltIn(null):
            ShutdownSignals.Hold();
            TokenHandover.ProtectMemory();
            TokenHandover.ReExecute(args, TokenSettings.RequireSecret());
            return (int)ExitCode.Failed;
        case AgentCommand.BuiltIn(int tokenFd):
            using (var signals = new ShutdownSignals())
            {
                TokenHandover.ProtectMemory();
                var secret = TokenHandover.Receive(tokenFd);
                return (int)await new BuiltInAgent(AgentSettings.Read(), TokenSettings.Read(), secret, signals, TimeProvider.System).RunAsync();
            }
        case var other:
            throw new InvalidOperationException($"Unhandled command {other}.");
    }
}
catch (AgentException e)
{
    Console.Error.WriteLine(e.Message);
    return (int)e.ExitCode;
}
