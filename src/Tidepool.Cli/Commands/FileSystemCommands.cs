using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Tidepool.Fargate.Volumes;
using Tidepool.Rehearsal;
using Tidepool.Tasks;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool storage create-file-system</c> and <c>create-access-point</c>: EFS without an emulator that has it.</summary>
internal sealed class FileSystemCommands
{
    private readonly Option<string?> _name = new("--name") { Description = "What to call it.", HelpName = "TEXT" };
    private readonly Argument<string> _fileSystem = new("FILE-SYSTEM-ID") { Description = "An EFS file system that was made on this machine." };

    private readonly Option<string> _path = new("--path")
    {
        Description = "The folder of the file system that tasks see as the whole of it.",
        HelpName = "PATH",
        Required = true,
    };

    private readonly Option<uint?> _uid = Id("--uid", "The user that everyone is through it. Without it everyone stays who they are.");
    private readonly Option<uint?> _gid = Id("--gid", "That user's group.");
    private readonly Option<uint?> _ownerUid = Id("--owner-uid", "Owner of the folder when it has to be made; --uid unless given.");
    private readonly Option<uint?> _ownerGid = Id("--owner-gid", "Group of the folder when it has to be made; --gid unless given.");

    private readonly Option<string> _permissions = new("--permissions")
    {
        Description = "Mode of the folder when it has to be made.",
        HelpName = "OCTAL",
        DefaultValueFactory = _ => "0755",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON instead of the id." };

    private FileSystemCommands() => _permissions.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && (token.Value.Length is not (3 or 4) || token.Value.Any(digit => digit is < '0' or > '7')))
        {
            result.AddError($"--permissions is '{token.Value}'; it must be three or four octal digits, as in 0755.");
        }
    });

    public static Command CreateFileSystem()
    {
        var commands = new FileSystemCommands();
        var create = new Command("create-file-system", "Makes an empty EFS file system, and prints its id.") { commands._name, commands._json };
        create.SetAction((parsed, _) => Task.FromResult(commands.Print(parsed, Efs().CreateFileSystem(parsed.GetValue(commands._name)), made => made.Id)));
        return create;
    }

    public static Command CreateAccessPoint()
    {
        var commands = new FileSystemCommands();
        var create = new Command("create-access-point", "Makes an access point of an EFS file system, and prints its id.")
        {
            commands._fileSystem, commands._path, commands._uid, commands._gid, commands._ownerUid, commands._ownerGid, commands._permissions, commands._json,
        };
        create.SetAction((parsed, _) => Task.FromResult(commands.Print(parsed, commands.AccessPointOf(parsed), made => made.Id)));
        return create;
    }

    public static ElasticFileSystems Efs() => new(StateFolder.FindStorage(Environment.GetEnvironmentVariable), TimeProvider.System);

    /// <summary>File systems and access points as a person reads them.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<StoredFileSystem> fileSystems)
    {
        foreach (var (fileSystem, accessPoints) in fileSystems)
        {
            var created = fileSystem.CreatedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            var name = fileSystem.Name is { } text ? $", {text}" : "";
            yield return $"{fileSystem.Id}  EFS file system{(fileSystem.IsLocal ? "" : " of an emulator")}, {created}{name}";
            foreach (var point in accessPoints)
            {
                var user = point.User is { } posix ? $"everyone is {posix.Uid}:{posix.Gid}" : "everyone is who they are";
                yield return $"{point.Id}  access point of {point.FileSystemId} at {point.Path}, {user}";
            }
        }
    }

    private AccessPoint AccessPointOf(ParseResult parsed)
    {
        var user = Pair(parsed, _uid, _gid);
        var owner = Pair(parsed, _ownerUid, _ownerGid) ?? user;
        return Efs().CreateAccessPoint(
            parsed.GetValue(_fileSystem)!,
            parsed.GetValue(_path)!,
            user is var (uid, gid) ? new(uid, gid, []) : null,
            owner is var (ownerUid, ownerGid)
                ? new(ownerUid, ownerGid, (UnixFileMode)Convert.ToInt32(parsed.GetValue(_permissions)!, 8))
                : null);
    }

    private int Print<T>(ParseResult parsed, T made, Func<T, string> id)
    {
        Console.Out.WriteLine(parsed.GetValue(_json) ? JsonSerializer.Serialize(made, TaskDefinitionJson.Options) : id(made));
        return (int)ExitCode.Done;
    }

    private static (uint Uid, uint Gid)? Pair(ParseResult parsed, Option<uint?> uid, Option<uint?> gid) => (parsed.GetValue(uid), parsed.GetValue(gid)) switch
    {
        ({ } one, { } other) => (one, other),
        (null, null) => null,
        _ => throw new ProblemException("EFS006", $"Only one of {uid.Name} and {gid.Name} is given.", "Give both, or neither."),
    };

    private static Option<uint?> Id(string name, string description) => new(name) { Description = description, HelpName = "N" };
}
