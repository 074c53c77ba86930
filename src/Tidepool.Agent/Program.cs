using Tidepool.Agent;
using Tidepool.Agent.Supervision;
using Tidepool.Agent.TaskNetwork;
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
        case AgentCommand.HoldNetwork(var forwards):
            await NetworkHolder.RunAsync(forwards);
            return (int)ExitCode.Done;
        case AgentCommand.EmptyFolders(var folders):
            NetworkHolder.Empty(folders);
            return (int)ExitCode.Done;
        case AgentCommand.BuiltIn(null) or AgentCommand.Supervise(null):
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
        case AgentCommand.Supervise(int tokenFd):
            using (var signals = new ShutdownSignals())
            {
                TokenHandover.ProtectMemory();
                var secret = TokenHandover.Receive(tokenFd);
                return (int)await Supervisor.RunAsync(
                    AgentSettings.Read(StopBudget.Drain), TokenSettings.Read(), secret, signals, TimeProvider.System);
            }
        case AgentCommand.Configure(var arguments):
            TokenHandover.ProtectMemory();
            return (int)await Configured(arguments).ConfigureAsync(CancellationToken.None);
        case AgentCommand.Remove(var arguments):
            TokenHandover.ProtectMemory();
            return (int)await Configured(arguments).RemoveAsync(CancellationToken.None);
        case AgentCommand.Run(var arguments):
            using (var signals = new ShutdownSignals())
            {
                TokenHandover.ProtectMemory();
                return (int)await Configured(arguments).RunAsync(signals);
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

static ConfiguredAgent Configured(AgentArguments arguments) => new(arguments, Environment.CurrentDirectory, TimeProvider.System);
