using System.IO.Compression;
using System.Text.Json;
using Tidepool.AzurePipelines.Api;

namespace Tidepool.AzurePipelines.TaskPackages;

/// <summary>A task as Microsoft's agent fetches it: a zip of a <c>task.json</c> and a program for Node.</summary>
/// <remarks>
/// Those that come with Tidepool have the ids, the names and some versions of Microsoft's tasks, their inputs as far as they are of use here,
/// and Tidepool's own code. Pipeline artifacts go to file containers with them, since the store that Azure DevOps has for them speaks a
/// protocol that is not public. The built-in agent runs all of these steps by itself and never asks. No agent of Microsoft's was tried against
/// these packages; the programs were run by Node with the environment that such an agent gives.
/// Source: https://github.com/microsoft/azure-pipelines-tasks/blob/master/tasks.schema.json
/// </remarks>
internal sealed class TaskPackage
{
    public const string Definition = "task.json";
    private const string Program = "index.js";

    /// <summary>What the programs for the two shells share.</summary>
    private const string Shell = "shell.js";

    // The same bytes each time: a zip remembers when its files changed.
    private static readonly DateTimeOffset ZipEpoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Those that come with Tidepool, and the program of each.</summary>
    public static readonly IReadOnlyList<TaskPackage> BuiltIn =
    [
        .. new (string Name, string Program, string[] Modules)[]
        {
            ("CmdLine", "script.js", [Shell]),
            ("Bash", "script.js", [Shell]),
            ("PowerShell", "powershell.js", [Shell]),
            ("PublishPipelineArtifact", "publish.js", []),
            ("PublishBuildArtifacts", "publish.js", []),
            ("DownloadPipelineArtifact", "download.js", []),
            ("DownloadBuildArtifacts0", "download.js", []),
            ("DownloadBuildArtifacts1", "download.js", []),
            ("Download", "download.js", []),
        }.Select(task => OfOwn(task.Name, task.Program, task.Modules)),
    ];

    private readonly Func<Stream> _open;

    private TaskPackage(TaskDefinition task, Func<Stream> open) => (Task, _open) = (task, open);

    public TaskDefinition Task { get; }

    /// <summary>Opens the zip.</summary>
    public Stream Open() => _open();

    /// <summary>Reads a zip in a file.</summary>
    /// <exception cref="InvalidDataException">It is no zip, or has no <c>task.json</c> of a task.</exception>
    public static TaskPackage OfFile(string file)
    {
        using var zip = ZipFile.OpenRead(file);
        return new(TaskDefinition.Of(zip), () => File.OpenRead(file));
    }

    private static TaskPackage OfOwn(string name, string program, string[] modules)
    {
        var definition = Read($"{name}/{Definition}");
        var task = JsonSerializer.Deserialize(definition, ServiceJson.Default.TaskDefinition)!;
        var zip = new Lazy<byte[]>(() => Pack([(Definition, definition), (Program, Read(program)), .. modules.Select(module => (module, Read(module)))]));
        return new(task, () => new MemoryStream(zip.Value, writable: false));
    }

    private static byte[] Read(string name)
    {
        using var resource = typeof(TaskPackage).Assembly.GetManifestResourceStream($"TaskPackages/{name}")!;
        using var content = new MemoryStream();
        resource.CopyTo(content);
        return content.ToArray();
    }

    private static byte[] Pack(params (string Name, byte[] Content)[] files)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create))
        {
            foreach (var (name, content) in files)
            {
                var entry = zip.CreateEntry(name);
                entry.LastWriteTime = ZipEpoch;
                using var target = entry.Open();
                target.Write(content);
            }
        }

        return packed.ToArray();
    }
}
