using System.IO.Compression;
using System.Text.Json;
using Tidepool.AzurePipelines.Api;

namespace Tidepool.AzurePipelines.TaskPackages;

/// <summary>A task as Microsoft's agent fetches it: a zip of a <c>task.json</c> and a program for Node.</summary>
/// <remarks>
/// Under the ids and versions of the tasks CmdLine and Bash, with their inputs as far as pipelines of this product use them, and with
/// Tidepool's own code. The built-in agent runs both steps by itself and never asks. No agent of Microsoft's was tried against these
/// packages; the program was run by Node with the environment that such an agent gives.
/// Source: https://github.com/microsoft/azure-pipelines-tasks/blob/master/tasks.schema.json
/// </remarks>
internal sealed class TaskPackage
{
    private const string Definition = "task.json";
    private const string Program = "index.js";

    // The same bytes each time: a zip remembers when its files changed.
    private static readonly DateTimeOffset ZipEpoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static readonly IReadOnlyList<TaskPackage> All = [new("CmdLine"), new("Bash")];

    private TaskPackage(string name)
    {
        var definition = Read($"{name}/{Definition}");
        Task = JsonSerializer.Deserialize(definition, ServiceJson.Default.TaskDefinition)!;
        Zip = Pack((Definition, definition), (Program, Read(Program)));
    }

    public TaskDefinition Task { get; }
    public ReadOnlyMemory<byte> Zip { get; }

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

/// <summary>A task as lists name it.</summary>
internal sealed record TaskDefinition(Guid Id, string Name, string FriendlyName, TaskVersion Version);

internal sealed record TaskVersion(int Major, int Minor, int Patch)
{
    public bool IsTest { get; init; }

    public override string ToString() => $"{Major}.{Minor}.{Patch}";
}
