using System.CommandLine;
using System.Text.Json;
using Tidepool.AzurePipelines.TaskPackages;
using Tidepool.Deployment;
using Tidepool.Deployment.AzureDevOps;
using Tidepool.Pipelines;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool tasks</c>: tasks of the user's own organization, kept for runs on this machine.</summary>
internal sealed class TasksCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Argument<string[]> _wanted = new("FILE|NAME@VERSION")
    {
        Description = "Pipelines whose tasks are wanted, or tasks as steps name them.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Argument<string[]> _removed = new("NAME[@VERSION]")
    {
        Description = "Tasks by name or id; without a version all of it.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _again = new("--again") { Description = "Fetch also what is there already." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };

    public static Command Create()
    {
        var tasks = new TasksCommand();
        var pull = new Command("pull", "Fetches tasks from your organization (AZP_URL and AZP_TOKEN, or .env), and keeps them for serve and rehearse.")
        {
            tasks._wanted, tasks._again, tasks._json,
        };
        pull.SetAction(tasks.PullAsync);
        var list = new Command("list", "Lists the tasks that were pulled.") { tasks._json };
        list.SetAction((parsed, _) => Task.FromResult(tasks.List(parsed)));
        var remove = new Command("remove", "Removes tasks that were pulled.") { tasks._removed, tasks._json };
        remove.SetAction((parsed, _) => Task.FromResult(tasks.Remove(parsed)));
        return new Command("tasks", "Tasks of your organization, kept on this machine.") { pull, list, remove };
    }

    private async Task<int> PullAsync(ParseResult parsed, CancellationToken ct)
    {
        var wanted = await WantedAsync(parsed.GetValue(_wanted)!, ct);
        var store = Store();
        var missing = parsed.GetValue(_again) ? wanted : [.. wanted.Where(task => store.FindPulled(task.Name, task.Version) is null)];
        var pulled = new List<StoredTask>();
        if (missing.Count > 0)
        {
            var (url, credential) = OrganizationSettings.LoadSignIn(Installation.Root, DeploymentSettings.ProcessEnvironment());
            using var organization = new OrganizationClient(url, credential, TimeProvider.System);
            await organization.ConnectAsync(ct);
            var all = await organization.ListTasksAsync(ct);
            foreach (var task in missing)
            {
                pulled.Add(await PullAsync(organization, url, all, task, store, ct));
            }
        }

        foreach (var task in wanted.Except(missing))
        {
            Console.Error.WriteLine($"{task} is there already");
        }

        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(pulled.Select(ToWire), Json));
        }
        else
        {
            Console.Out.WriteLine(wanted.Count == 0
                ? "tasks: all that the pipeline names come with Tidepool"
                : $"tasks: {pulled.Count} pulled, {wanted.Count - missing.Count} there already");
        }

        return (int)ExitCode.Done;
    }

    private static async Task<StoredTask> PullAsync(
        OrganizationClient organization, Uri url, IReadOnlyList<OrganizationTask> all, NamedTask wanted, TaskStore store, CancellationToken ct)
    {
        var named = all.Where(task => IsNamed(task, wanted.Name)).ToList();
        var newest = named.Where(task => $"{task.Version}.".StartsWith($"{wanted.Version}.", StringComparison.Ordinal))
            .MaxBy(task => new Version(task.Version.Major, task.Version.Minor, task.Version.Patch));
        var (id, version) = newest is not null
            ? (newest.Id, newest.Version.ToString())
            : (named.FirstOrDefault()?.Id ?? throw Unknown(), wanted.Version);
        Console.Error.WriteLine($"fetching {wanted.Name}@{version}");
        var zip = await organization.DownloadTaskAsync(id, version, ct) ?? throw Unknown();
        try
        {
            return await store.AddAsync(new MemoryStream(zip, writable: false), ct);
        }
        catch (InvalidDataException e)
        {
            throw new ProblemException(
                "TASKS002", $"What {url} gave for {wanted} is no package of a task: {e.Message}", "Try again; ask who runs the organization if it stays so.");
        }

        ProblemException Unknown()
        {
            var others = string.Join(", ", named.Select(task => task.Version.ToString()));
            return new(
                "TASKS001",
                named.Count == 0 ? $"{url} has no task {wanted.Name}." : $"{url} has no {wanted}; it has {others}.",
                named.Count == 0 ? "Correct the name, or install the extension that has it in the organization." : "Name one of these versions.");
        }
    }

    private static bool IsNamed(OrganizationTask task, string name) =>
        task.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
        || $"{task.ContributionIdentifier}.{task.Name}".Equals(name, StringComparison.OrdinalIgnoreCase)
        || $"{task.Id}".Equals(name, StringComparison.OrdinalIgnoreCase);

    private static async Task<IReadOnlyList<NamedTask>> WantedAsync(string[] arguments, CancellationToken ct)
    {
        var own = new TaskStore(folder: null);
        var wanted = new List<NamedTask>();
        foreach (var argument in arguments)
        {
            if (!File.Exists(argument) && NamedTask.Parse(argument) is { } task)
            {
                wanted.Add(task);
                continue;
            }

            // What comes with Tidepool needs no fetching unless somebody asks for it by name.
            wanted.AddRange((await NamedTasks.OfFileAsync(argument, ct)).Where(found => own.Find(found.Name, found.Version) is null));
        }

        return [.. wanted.DistinctBy(task => task.ToString(), StringComparer.OrdinalIgnoreCase)];
    }

    private int List(ParseResult parsed)
    {
        var pulled = Store().Pulled;
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(pulled.Select(ToWire), Json));
            return (int)ExitCode.Done;
        }

        foreach (var (task, bytes) in pulled)
        {
            Console.Out.WriteLine($"{task.Name}@{task.Version}  {task.Id}  {bytes / 1024.0:0} KiB  {task.FriendlyName}");
        }

        if (pulled.Count == 0)
        {
            Console.Error.WriteLine("no tasks were pulled");
        }

        return (int)ExitCode.Done;
    }

    private int Remove(ParseResult parsed)
    {
        var store = Store();
        var removed = new List<PipelineTask>();
        foreach (var argument in parsed.GetValue(_removed)!)
        {
            var (name, version) = argument.Split('@', 2) is [var first, var second] ? (first, second) : (argument, null);
            var gone = store.Remove(name, version);
            removed.AddRange(gone.Count > 0 ? gone : throw new ProblemException(
                "TASKS003", $"No task {argument} was pulled.", "See 'tidepool tasks list'."));
        }

        Console.Out.WriteLine(parsed.GetValue(_json)
            ? JsonSerializer.Serialize(removed.Select(task => new { task.Id, task.Name, task.Version }), Json)
            : $"tasks: {removed.Count} removed");
        return (int)ExitCode.Done;
    }

    private static object ToWire(StoredTask stored) => new { stored.Task.Id, stored.Task.Name, stored.Task.Version, stored.Task.FriendlyName, stored.Bytes };

    private static TaskStore Store() => new(DataFolder.FindTasks(Environment.GetEnvironmentVariable) ?? throw new ProblemException(
        "TASKS005", "Neither XDG_DATA_HOME nor HOME holds an absolute path, so there is no place for tasks.", "Set XDG_DATA_HOME to a folder of yours."));
}
