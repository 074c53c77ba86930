using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tidepool.Fargate;
using Tidepool.Pipelines;
using Tidepool.Rehearsal;
using Tidepool.Storage.Probes;

namespace Tidepool.Cli.Commands;

/// <summary>The options that <c>demo</c> and <c>rehearse</c> share.</summary>
internal sealed class RehearsalArguments
{
    private const int ShortestToken = 16;

    private static readonly Dictionary<string, RuntimeWish> Wishes = new()
    {
        ["auto"] = RuntimeWish.Auto,
        ["docker"] = RuntimeWish.Docker,
        ["sandbox"] = RuntimeWish.Sandbox,
    };

    private static readonly Dictionary<string, VolumeKind> Storages = new()
    {
        ["bind"] = VolumeKind.Bind,
        ["ebs"] = VolumeKind.Ebs,
        ["efs"] = VolumeKind.Efs,
    };

    private readonly Option<string?> _json = JsonOption();

    private readonly Option<int> _agents = Range("--agents", "Agents a task.", 2, 1, 10);
    private readonly Option<int> _tasks = Range("--tasks", "Tasks that the service keeps.", 1, 1, 10);
    private readonly Option<int> _cpu = Range("--cpu", "CPU units of a task; 1024 is one vCPU.", 1024, 1, int.MaxValue);
    private readonly Option<int> _memory = Range("--memory", "Memory of a task in MiB.", 2048, 1, int.MaxValue);
    private readonly Option<int> _port = Range("--port", "Port of the embedded Azure Pipelines service on 127.0.0.1; 0 picks a free one.", 0, 0, 65535);

    private readonly Option<bool> _keep = new("--keep")
    {
        Description = "Leave the environment up at the end, until Ctrl-C.",
    };

    private readonly Option<string[]> _poolMap = PoolMapOption();

    private readonly Option<string> _storage = StorageOption();

    private readonly Option<double> _timeScale = TimeScaleOption();

    private readonly Option<string> _runtime = RuntimeOption("auto");

    private readonly Option<string?> _image = new("--image")
    {
        Description = $"The agents' image in the container engine; implies --runtime docker. Nothing is pulled. [default: {RehearsalOptions.DefaultImage}]",
        HelpName = "REF",
    };

    private readonly Option<bool> _quiet = QuietOption();
    private readonly Option<bool> _verbose = VerboseOption();

    public RehearsalArguments(Command command)
    {
        foreach (var option in new Option[] { _json, _agents, _tasks, _keep, _poolMap, _storage, _runtime, _image, _timeScale, _cpu, _memory, _port, _quiet, _verbose })
        {
            command.Options.Add(option);
        }
    }

    public bool Keep(ParseResult parsed) => parsed.GetValue(_keep);

    /// <summary>What shows the rehearsal, as the options want it.</summary>
    public RehearsalView View(ParseResult parsed, ReportFile? json) =>
        new(json?.IsStandardOutput == true, parsed.GetValue(_quiet), parsed.GetValue(_verbose));

    /// <summary>Where the report goes; checked before anything is started.</summary>
    public ReportFile? Json(ParseResult parsed) => Report(parsed, _json);

    /// <summary>Where the report goes that an option <c>--json</c> asks for.</summary>
    public static ReportFile? Report(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is { } path ? ReportFile.Of(path) : null;

    /// <summary>The option <c>--json</c>.</summary>
    public static Option<string?> JsonOption() => new("--json")
    {
        Description = "Write the report as JSON to FILE; - is standard output.",
        HelpName = "FILE",
    };

    /// <summary>The option <c>--environment</c>.</summary>
    public static Option<string?> EnvironmentOption() => new("--environment")
    {
        Description = "Which served environment, where there are several: its folder, or a URL that serve printed.",
        HelpName = "FOLDER|URL",
    };

    /// <summary>The option <c>--quiet</c>.</summary>
    public static Option<bool> QuietOption() => new("--quiet", "-q") { Description = "Show the result only." };

    /// <summary>The option <c>--verbose</c>.</summary>
    public static Option<bool> VerboseOption() => new("--verbose", "-v") { Description = "Show every line that the agents write." };

    /// <summary>The option <c>--pool-map</c>.</summary>
    public static Option<string[]> PoolMapOption()
    {
        var option = new Option<string[]>("--pool-map")
        {
            Description = "Run jobs that ask for pool NAME in the embedded pool POOL, and refuse other names. Repeatable. Without it every pool runs in the embedded one.",
            HelpName = "NAME=POOL",
            AllowMultipleArgumentsPerToken = false,
        };
        option.Validators.Add(result => _ = ParsePairs(result, "--pool-map", "NAME=POOL"));
        return option;
    }

    /// <summary>The option <c>--parameters</c>.</summary>
    public static Option<string[]> ParametersOption() => PairsOption("--parameters", "A value for a parameter of the pipeline. Repeatable.", "NAME=VALUE");

    /// <summary>The option <c>--variable-group</c>.</summary>
    public static Option<string[]> GroupsOption() =>
        PairsOption("--variable-group", "A variable group that the pipeline names: a YAML or JSON file of its variables. Repeatable.", "NAME=FILE");

    /// <summary>The groups that an option <c>--variable-group</c> gives.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    /// <param name="needsSecrets">Whether every secret must have its value: for a run, and not to look at a pipeline.</param>
    public static IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Groups(ParseResult parsed, Option<string[]> option, bool needsSecrets) =>
        GroupFiles.Read(Pairs(parsed.GetValue(option) ?? []), needsSecrets);

    /// <summary>The absolute folders that an option <c>--repository</c> gives, by alias.</summary>
    public static IReadOnlyDictionary<string, string> Folders(ParseResult parsed, Option<string[]> option) => Pairs(parsed.GetValue(option) ?? []).ToDictionary(
        pair => pair.Key, pair => Path.GetFullPath(pair.Value), StringComparer.OrdinalIgnoreCase);

    /// <summary>The existing folders that an option <c>--repository</c> gives, by alias.</summary>
    /// <exception cref="ProblemException">CLI011: there is no such folder.</exception>
    public static IReadOnlyDictionary<string, string> Clones(ParseResult parsed, Option<string[]> option)
    {
        foreach (var (alias, folder) in Pairs(parsed.GetValue(option) ?? []).Where(pair => !Directory.Exists(pair.Value)))
        {
            throw new ProblemException("CLI011", $"--repository {alias} is {folder}, and there is no such folder.", "Name a clone of the repository.");
        }

        return Folders(parsed, option);
    }

    /// <summary>An option whose values are pairs, for <see cref="Pairs"/>.</summary>
    public static Option<string[]> PairsOption(string name, string description, string form)
    {
        var option = new Option<string[]>(name) { Description = description, HelpName = form };
        option.Validators.Add(result => _ = ParsePairs(result, name, form));
        return option;
    }

    public RehearsalOptions Options(ParseResult parsed, string repositoryFolder) => Plain(repositoryFolder) with
    {
        Runtime = Runtime(parsed),
        Image = parsed.GetValue(_image) ?? RehearsalOptions.DefaultImage,
        Agents = parsed.GetValue(_agents),
        Tasks = parsed.GetValue(_tasks),
        Cpu = parsed.GetValue(_cpu),
        Memory = parsed.GetValue(_memory),
        Storage = Storages[parsed.GetRequiredValue(_storage)],
        Port = parsed.GetValue(_port),
        PoolMap = Pairs(parsed.GetValue(_poolMap) ?? []),
        TimeScale = parsed.GetValue(_timeScale),
    };

    /// <summary>What a rehearsal of this installation is without any option.</summary>
    public static RehearsalOptions Plain(string repositoryFolder) => new()
    {
        RepositoryFolder = repositoryFolder,
        AgentBinary = Installation.AgentBinary,
        ContainerTemplate = Installation.ContainerTemplate,
        StateFolder = StateFolder.Find(Environment.GetEnvironmentVariable),
        TasksFolder = DataFolder.FindTasks(Environment.GetEnvironmentVariable),
        StorageFolder = StateFolder.FindStorage(Environment.GetEnvironmentVariable),
        Token = Token(Environment.GetEnvironmentVariable("TIDEPOOL_TOKEN")),
    };

    /// <summary>The option <c>--runtime</c>.</summary>
    public static Option<string> RuntimeOption(string ordinary)
    {
        var option = new Option<string>("--runtime")
        {
            Description = "What runs containers: docker (an engine on this machine), sandbox (bubblewrap), or auto: docker where an engine has the agents' image.",
            HelpName = "auto|docker|sandbox",
            DefaultValueFactory = _ => ordinary,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Wishes.ContainsKey(token.Value))
            {
                result.AddError($"--runtime is '{token.Value}'; it must be {string.Join(" or ", Wishes.Keys)}.");
            }
        });
        return option;
    }

    private static Option<string> StorageOption()
    {
        var option = new Option<string>("--storage")
        {
            Description = "What /shared-storage is: bind (the task's disk), ebs (a volume for each task) or efs (a file system of all tasks).",
            HelpName = "bind|ebs|efs",
            DefaultValueFactory = _ => "bind",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Storages.ContainsKey(token.Value))
            {
                result.AddError($"--storage is '{token.Value}'; it must be {string.Join(" or ", Storages.Keys)}.");
            }
        });
        return option;
    }

    /// <summary>What an option <c>--runtime</c> asks for.</summary>
    public static RuntimeWish Runtime(ParseResult parsed, Option<string> option) => Wishes[parsed.GetRequiredValue(option)];

    /// <summary>Reads <c>NAME=VALUE</c> texts that <see cref="ParsePairs"/> accepted.</summary>
    public static Dictionary<string, string> Pairs(IEnumerable<string> texts) => texts.ToDictionary(
        text => text[..text.IndexOf('=', StringComparison.Ordinal)],
        text => text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Refuses texts that are not <c>NAME=VALUE</c>, or name one thing twice.</summary>
    public static bool ParsePairs(OptionResult result, string option, string form)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var token in result.Tokens)
        {
            var at = token.Value.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                result.AddError($"{option} is '{token.Value}'; it must be {form}.");
            }
            else if (!names.Add(token.Value[..at]))
            {
                result.AddError($"{option} names '{token.Value[..at]}' twice.");
            }
        }

        return names.Count > 0;
    }

    /// <summary>The token that is given, or null to have one made. A short one is no secret, and masking it would mangle every log.</summary>
    /// <exception cref="ProblemException">CLI009: it is too short.</exception>
    public static string? Token(string? given) => given switch
    {
        null or "" => null,
        { Length: < ShortestToken } => throw new ProblemException(
            "CLI009", $"TIDEPOOL_TOKEN has {given.Length} characters.", $"Use at least {ShortestToken}, or unset it to have one made."),
        _ => given,
    };

    /// <summary>The factor on AWS's own delays.</summary>
    public static Option<double> TimeScaleOption()
    {
        var option = new Option<double>("--time-scale")
        {
            Description = "Factor on AWS's own delays, 0 (none) to 1 (as on AWS). Grace periods of processes are never scaled.",
            HelpName = "FACTOR",
            DefaultValueFactory = _ => 0,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token]
                && (!double.TryParse(token.Value, CultureInfo.InvariantCulture, out var given) || given is < 0 or > 1 or double.NaN))
            {
                result.AddError($"--time-scale is '{token.Value}'; it must be a number from 0 to 1.");
            }
        });
        return option;
    }

    /// <summary>An option that is a whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Option<int> Range(string name, string description, int value, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token]
                && (!int.TryParse(token.Value, CultureInfo.InvariantCulture, out var given) || given < least || given > most))
            {
                result.AddError(most == int.MaxValue
                    ? $"{name} is '{token.Value}'; it must be a whole number from {least}."
                    : $"{name} is '{token.Value}'; it must be a whole number from {least} to {most}.");
            }
        });
        return option;
    }

    /// <summary>Who names an image wants that one, and no other in a sandbox.</summary>
    private RuntimeWish Runtime(ParseResult parsed) => (Runtime(parsed, _runtime), parsed.GetValue(_image)) switch
    {
        (RuntimeWish.Sandbox, { } image) => throw new ProblemException(
            "ENGINE005", $"--image is {image}, and the sandbox runs no image.", "Leave --image out, or use --runtime docker."),
        (RuntimeWish.Auto, not null) => RuntimeWish.Docker,
        var (wish, _) => wish,
    };
}
