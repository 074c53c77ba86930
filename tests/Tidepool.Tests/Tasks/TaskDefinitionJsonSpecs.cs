using System.Text.Json;
using Tidepool.Tasks;

namespace Tidepool.Tests.Tasks;

public sealed class TaskDefinitionJsonSpecs
{
    private const string Text = """
        {
          "family": "agents", "cpu": "1 vCPU", "memory": "2GB", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
          "ephemeralStorage": { "sizeInGiB": 40 }, "runtimePlatform": { "cpuArchitecture": "X86_64" }, "taskRoleArn": null,
          "volumes": [ { "name": "shared", "host": {} }, { "name": "efs", "efsVolumeConfiguration": { "fileSystemId": "fs-1" } },
                       { "name": "ebs", "configuredAtLaunch": true }, { "name": "s3", "s3filesVolumeConfiguration": { "fileSystemArn": "arn" } } ],
          "containerDefinitions": [ {
            "name": "agent-1", "image": "repo/tidepool-agent:1", "essential": true, "stopTimeout": 120, "readonlyRootFilesystem": false,
            "environment": [ { "name": "A", "value": "1" } ], "secrets": [ { "name": "T", "valueFrom": "arn" } ],
            "mountPoints": [ { "sourceVolume": "shared", "containerPath": "/shared-storage", "readOnly": false } ],
            "dependsOn": [ { "containerName": "init", "condition": "SUCCESS" } ],
            "restartPolicy": { "enabled": true, "restartAttemptPeriod": 60, "ignoredExitCodes": [ 0 ] },
            "linuxParameters": { "initProcessEnabled": true }, "ulimits": [ { "name": "nofile", "softLimit": 1024, "hardLimit": 4096 } ]
          } ]
        }
        """;

    [Fact]
    public void A_definition_is_read_as_the_api_spells_it()
    {
        var definition = TaskDefinitionJson.Read(Text, "task.json");

        Assert.Equal("agents", definition.Family);
        Assert.Equal(40, definition.EphemeralStorage?.SizeInGiB);
        Assert.Equal([true, false, false, false], definition.Volumes.Select(volume => volume.IsBind));
        var container = Assert.Single(definition.ContainerDefinitions);
        Assert.Equal(new MountPoint("shared", "/shared-storage", false), Assert.Single(container.MountPoints));
        Assert.Equal([0], container.RestartPolicy?.IgnoredExitCodes);
        Assert.True(container.LinuxParameters?.InitProcessEnabled);
    }

    [Fact]
    public void What_was_read_is_written_in_the_same_words()
    {
        var written = JsonSerializer.SerializeToElement(TaskDefinitionJson.Read(Text, "task.json"), TaskDefinitionJson.Options);

        var container = written.GetProperty("containerDefinitions")[0];
        Assert.Equal("shared", container.GetProperty("mountPoints")[0].GetProperty("sourceVolume").GetString());
        Assert.Equal("fs-1", written.GetProperty("volumes")[1].GetProperty("efsVolumeConfiguration").GetProperty("fileSystemId").GetString());
        Assert.False(container.TryGetProperty("startTimeout", out _));
        Assert.False(written.GetProperty("volumes")[0].TryGetProperty("isBind", out _));
    }

    [Fact]
    public void Every_unknown_field_is_named_by_its_path()
    {
        var text = Text.Replace("\"stopTimeout\"", "\"stopTimeOut\"").Replace("\"readOnly\"", "\"readonly\"");

        Assert.Equal(
            "TASK001: task.json: ECS knows no field $.containerDefinitions[0].stopTimeOut, $.containerDefinitions[0].mountPoints[0].readonly. "
            + "Correct the name, or remove it.",
            Assert.Throws<ProblemException>(() => TaskDefinitionJson.Read(text, "task.json")).Message);
    }

    [Theory]
    [InlineData("\"stopTimeout\": 120", "\"stopTimeout\": \"120\"", "$.containerDefinitions[0].stopTimeout")]
    [InlineData("\"cpu\": \"1 vCPU\"", "\"cpu\": 1024", "$.cpu")]
    [InlineData("\"value\": \"1\"", "\"value\": 1", "$.containerDefinitions[0].environment[0].value")]
    public void A_value_of_another_type_is_named_by_its_path(string good, string bad, string path) =>
        Assert.Equal(
            $"TASK001: task.json: {path} cannot be read as ECS spells it. Compare the field's type with RegisterTaskDefinition in the ECS API reference.",
            Assert.Throws<ProblemException>(() => TaskDefinitionJson.Read(Text.Replace(good, bad), "task.json")).Message);

    [Fact]
    public void Text_that_is_not_json_is_named_by_its_line() =>
        Assert.StartsWith(
            "TASK001: task.json: line 2 cannot be read",
            Assert.Throws<ProblemException>(() => TaskDefinitionJson.Read("{\n  family: agents\n}", "task.json")).Message);
}
