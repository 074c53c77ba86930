using Tidepool.Agent.Jobs;

namespace Tidepool.Agent.Commands;

/// <summary>The commands that attach a file to the step's record.</summary>
internal sealed class AttachmentCommands(JobContext job, StepContext step)
{
    public const string Summary = "DistributedTask.Core.Summary";
    public const string Log = "DistributedTask.Core.Log";
    private const string File = "DistributedTask.Core.FileAttachment";

    public bool TryRun(LoggingCommand command)
    {
        switch (command.Event)
        {
            case "uploadsummary":
                Attach(Summary, NameOf(command, "Cannot upload summary file, summary file location is not specified."), command.Data);
                return true;
            case "uploadfile":
                Attach(File, NameOf(command, "Cannot upload file because file location is not specified."), command.Data);
                return true;
            case "addattachment":
                Attach(
                    command.Required("type", "Can't add task attachment, attachment type is not provided."),
                    command.Required("name", "Can't add task attachment, attachment name is not provided."),
                    command.Data);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Reads the file now, for a step may remove it at once; sends it while the step goes on.</summary>
    /// <exception cref="CommandException">There is no such file, or it cannot be named so.</exception>
    public void Attach(string type, string name, string file)
    {
        foreach (var (what, text) in ((string, string)[])[("Type", type), ("Name", name)])
        {
            if (text.AsSpan().ContainsAny('/', '\0'))
            {
                throw new CommandException($"{what} contains invalid characters. (\0,/)");
            }
        }
        if (!System.IO.File.Exists(file))
        {
            throw new CommandException(
                "Cannot upload task attachment file, attachment file location is not specified or attachment file does not exist on disk.");
        }
        var content = System.IO.File.ReadAllBytes(file);
        step.Background.Start(null, _ => job.Report.AttachAsync(step.Record.Id, type, name, content));
    }

    private static string NameOf(LoggingCommand command, string missing) =>
        command.Data.Length > 0 ? Path.GetFileName(command.Data) : throw new CommandException(missing);
}
