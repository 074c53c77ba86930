using System.CommandLine;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool serve</c>.</summary>
internal sealed class ServeCommand
{
    private readonly Option<int> _ecsPort = Port("--ecs-port", "Port of the ECS endpoint on 127.0.0.1; 0 picks a free one.", 4566);
    private readonly Option<int> _pipelinesPort = Port("--pipelines-port", "Port of the embedded Azure Pipelines service on 127.0.0.1; 0 picks a free one.", 0);

    private readonly Option<string?> _upstream = new("--upstream")
    {
        Description = "An emulator of AWS (moto_server, LocalStack) that answers for all services but ECS, has the secrets and takes the logs.",
        HelpName = "URL",
    };

    private readonly Option<string[]> _groups = RehearsalArguments.PairsOption(
        "--variable-group", "A variable group that pipelines may name: a YAML or JSON file of its variables. Repeatable.", "NAME=FILE");

    private readonly Option<double> _timeScale = RehearsalArguments.TimeScaleOption();

    private readonly Option<string> _runtime = RehearsalArguments.RuntimeOption("sandbox");

    private readonly Option<bool> _json = new("--json") { Description = "Print one line of JSON instead of lines to paste." };

    private ServeCommand()
    {
        _upstream.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(Uri.TryCreate(token.Value, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https")))
            {
                result.AddError($"--upstream is '{token.Value}'; it must be a URL such as http://127.0.0.1:5000.");
            }
        });
    }

    /// <param name="hurry">Once cancelled, stopping processes get no more time.</param>
    public static Command Create(CancellationToken hurry)
    {
        var serve = new ServeCommand();
        var command = new Command("serve", "Keeps the local Fargate up for other programs: an ECS endpoint and an Azure Pipelines service.")
        {
            serve._ecsPort, serve._pipelinesPort, serve._upstream, serve._groups, serve._runtime, serve._timeScale, serve._json,
        };
        command.SetAction((parsed, ct) => serve.RunAsync(parsed, hurry, ct));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken hurry, CancellationToken ct)
    {
        var token = RehearsalArguments.Token(Environment.GetEnvironmentVariable("TIDEPOOL_TOKEN"));
        var region = new[] { "AWS_REGION", "AWS_DEFAULT_REGION" }.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => value is { Length: > 0 });
        var options = new ServeOptions
        {
            AgentBinary = Installation.AgentBinary,
            StateFolder = StateFolder.Find(Environment.GetEnvironmentVariable),
            StorageFolder = StateFolder.FindStorage(Environment.GetEnvironmentVariable),
            ServicesFolder = StateFolder.FindServices(Environment.GetEnvironmentVariable),
            TasksFolder = DataFolder.FindTasks(Environment.GetEnvironmentVariable),
            EcsPort = parsed.GetValue(_ecsPort),
            PipelinesPort = parsed.GetValue(_pipelinesPort),
            Upstream = parsed.GetValue(_upstream) is { } url ? new Uri(url) : null,
            Groups = RehearsalArguments.Groups(parsed, _groups, needsSecrets: true),
            Runtime = RehearsalArguments.Runtime(parsed, _runtime),
            TimeScale = parsed.GetValue(_timeScale),
            Token = token,
        };
        options = options with { Region = region ?? options.Region };
        var environment = await ServedEnvironment.StartAsync(options, TimeProvider.System, new ServeView(), ct);
        try
        {
            ServeView.ShowReady(environment, options.Region, token is not null, parsed.GetValue(_json));
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // A signal is how it ends.
        }
        finally
        {
            await environment.StopAsync(hurry);
        }

        return (int)ExitCode.Done;
    }

    private static Option<int> Port(string name, string description, int ordinary) => RehearsalArguments.Range(name, description, ordinary, 0, 65535);
}
