using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Tidepool.Fargate.Volumes;
using Tidepool.Rehearsal;
using Tidepool.Tasks;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool storage</c>: what outlives tasks and environments.</summary>
internal sealed class StorageCommand
{
    private readonly Argument<string> _volume = new("VOLUME-ID") { Description = "An EBS volume, kept or attached to a task that runs." };
    private readonly Argument<string[]> _ids = new("ID") { Description = "EBS volumes that no task has, snapshots, EFS file systems and access points.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _description = new("--description") { Description = "What to call the snapshot.", HelpName = "TEXT" };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON instead of lines." };

    public static Command Create()
    {
        var storage = new StorageCommand();
        var list = new Command("list", "Shows EBS volumes, kept and attached ones, snapshots, EFS file systems and access points.") { storage._json };
        list.SetAction((parsed, _) => Task.FromResult(storage.List(parsed)));
        var snapshot = new Command("snapshot", "Takes a snapshot of an EBS volume. While it is copied, writers of an attached volume wait.")
        {
            storage._volume, storage._description, storage._json,
        };
        snapshot.SetAction(storage.SnapshotAsync);
        var remove = new Command("remove", "Removes EBS volumes, snapshots, EFS file systems with their files, and access points for good.") { storage._ids, storage._yes, storage._json };
        remove.SetAction(storage.RemoveAsync);
        return new("storage", "Makes, shows, copies and removes what outlives tasks: EBS volumes that RunTask keeps, snapshots, EFS file systems.")
        {
            list, snapshot, remove, FileSystemCommands.CreateFileSystem(), FileSystemCommands.CreateAccessPoint(),
        };
    }

    private static EbsStorage Ebs() => new(
        StateFolder.FindStorage(Environment.GetEnvironmentVariable), StateFolder.Find(Environment.GetEnvironmentVariable), TimeProvider.System);

    private int List(ParseResult parsed)
    {
        var ebs = Ebs();
        var (volumes, snapshots) = (ebs.Volumes(), ebs.Snapshots());
        var fileSystems = FileSystemCommands.Efs().List();
        if (parsed.GetValue(_json))
        {
            Write(new { volumes, snapshots, fileSystems });
            return (int)ExitCode.Done;
        }

        if (volumes.Count + snapshots.Count + fileSystems.Count > 0)
        {
            Say($"{"ID",-22} what it is, what it takes here, whose it is or since when");
        }

        foreach (var (volume, isAttached, used) in volumes)
        {
            var state = isAttached ? $"attached to {volume.TaskArn}{(volume.DeleteOnTermination ? ", deleted with it" : "")}" : $"kept of {volume.TaskArn}";
            Say($"{volume.VolumeId}  EBS volume, {volume.SizeGiB} GiB {volume.VolumeType} {SystemOf(volume.FileSystem, volume.IsDisk)}, takes {Size(used)}, {state}");
        }

        foreach (var (snapshot, used) in snapshots)
        {
            var name = snapshot.Description is { } text ? $", {text}" : "";
            Say($"{snapshot.SnapshotId}  snapshot of {snapshot.VolumeId}, {snapshot.SizeGiB} GiB {SystemOf(snapshot.FileSystem, snapshot.IsDisk)}, takes {Size(used)}, "
                + $"{snapshot.CreatedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}{name}");
        }

        foreach (var line in FileSystemCommands.Lines(fileSystems))
        {
            Say(line);
        }

        if (volumes.Count + snapshots.Count + fileSystems.Count == 0)
        {
            Say("There is none: no EBS volume, no snapshot and no EFS file system.");
        }

        return (int)ExitCode.Done;
    }

    private async Task<int> SnapshotAsync(ParseResult parsed, CancellationToken ct)
    {
        var volume = parsed.GetValue(_volume)!;
        var snapshot = await Ebs().SnapshotAsync(volume, parsed.GetValue(_description), new CopyView(volume, TimeProvider.System), ct);
        if (parsed.GetValue(_json))
        {
            Write(snapshot);
        }
        else
        {
            Say(snapshot.SnapshotId);
        }

        return (int)ExitCode.Done;
    }

    private async Task<int> RemoveAsync(ParseResult parsed, CancellationToken ct)
    {
        var ids = parsed.GetValue(_ids)!;
        Ebs().CheckRemovable([.. ids.Where(id => !ElasticFileSystems.IsId(id))]);
        if (!parsed.GetValue(_yes))
        {
            if (Console.IsInputRedirected)
            {
                throw new ProblemException("EBS006", "This would remove them for good, and there is no terminal to ask at.", "Run it in a terminal, or with --yes.");
            }

            Console.Error.Write($"This removes {string.Join(", ", ids)} for good. Go on? [y/N] ");
            if (await Console.In.ReadLineAsync(ct) is not ("y" or "Y" or "yes"))
            {
                Console.Error.WriteLine("Nothing was changed.");
                return (int)ExitCode.Failed;
            }
        }

        await Ebs().RemoveAsync([.. ids.Where(id => !ElasticFileSystems.IsId(id))], ct);
        foreach (var id in ids.Where(ElasticFileSystems.IsId))
        {
            await FileSystemCommands.Efs().RemoveAsync(id, ct);
        }

        if (parsed.GetValue(_json))
        {
            Write(new { removed = ids });
        }
        else
        {
            Say($"removed {string.Join(", ", ids)}");
        }

        return (int)ExitCode.Done;
    }

    private static string SystemOf(string fileSystem, bool isDisk) => isDisk ? fileSystem : $"{fileSystem} (a folder in truth)";

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");

    private static void Write<T>(T answer) => Console.Out.WriteLine(JsonSerializer.Serialize(answer, TaskDefinitionJson.Options));

    private static void Say(string text) => Console.Out.WriteLine(PlainText.Of(text));
}
