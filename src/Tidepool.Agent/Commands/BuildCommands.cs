using Tidepool.Agent.Jobs;

namespace Tidepool.Agent.Commands;

/// <summary>The commands <c>##vso[build.…]</c>.</summary>
internal sealed class BuildCommands(JobContext job, StepContext step)
{
    private readonly AttachmentCommands _attachments = new(job, step);

    public bool TryRun(LoggingCommand command)
    {
        switch (command.Event)
        {
            case "updatebuildnumber":
                UpdateNumber(command.Data);
                return true;
            case "addbuildtag":
                AddTag(command.Data.Trim());
                return true;
            case "uploadlog":
                MustExist(command.Data, "Log file path is not provided or file doesn't exist");
                _attachments.Attach(AttachmentCommands.Log, "CustomToolLog", command.Data);
                return true;
            case "uploadsummary":
                MustExist(command.Data, "Markdown summary file path is not provided or file doesn't exist");
                _attachments.Attach(AttachmentCommands.Summary, $"CustomMarkDownSummary-{Path.GetFileName(command.Data)}", command.Data);
                return true;
            default:
                return false;
        }
    }

    private static void MustExist(string file, string text)
    {
        if (!File.Exists(file))
        {
            throw new CommandException($"{text}: '{file}'");
        }
    }

    private void UpdateNumber(string number)
    {
        if (number.Length == 0)
        {
            throw new CommandException("Build number is required.");
        }
        var build = job.Build;
        job.Variables.SetOwn("Build.BuildNumber", number);
        step.Background.Start("Update Build Number", async write =>
        {
            await build.UpdateNumberAsync(number, CancellationToken.None);
            write($"Update build number to {number} for build {build.Id}");
        });
    }

    private void AddTag(string tag)
    {
        if (tag.Length == 0)
        {
            throw new CommandException("Build tag is required.");
        }
        var build = job.Build;
        step.Background.Start("Add Build Tag", async write =>
        {
            var tags = await build.AddTagAsync(tag, CancellationToken.None);
            if (!tags.Contains(tag, StringComparer.OrdinalIgnoreCase))
            {
                throw new CommandException($"Build tag '{tag}' was not added successfully.");
            }
            write($"Build '{build.Id}' has following tags now: {string.Join(", ", tags)}");
        });
    }
}
