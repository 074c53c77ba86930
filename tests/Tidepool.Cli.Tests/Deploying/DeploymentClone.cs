using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests.Deploying;

/// <summary>A small clone to deploy from, with docker and Terraform of the test on the PATH, and the environment of one who deploys.</summary>
internal sealed class DeploymentClone : IDisposable
{
    private DeploymentClone()
    {
    }

    public Scratch Scratch { get; } = new();

    public string Root => Scratch.Folder;

    /// <summary>What docker and Terraform were called with, one call a line.</summary>
    public string[] Calls => File.Exists(Fake("calls")) ? File.ReadAllLines(Fake("calls")) : [];

    public string Fake(string name) => Path.Combine(Scratch.State, "fakes", name);

    /// <param name="realTerraform">The one of the machine, with the configuration as it stands; else the one of <see cref="Programs"/>.</param>
    public static async Task<DeploymentClone> CreateAsync(string awsUrl, string organizationUrl, string token, bool realTerraform = false)
    {
        var clone = new DeploymentClone();
        Directory.CreateDirectory(clone.Fake(""));
        Copy(Path.Combine(Clone.Root, "docker"), Path.Combine(clone.Root, "docker"));
        File.Copy(Path.Combine(Clone.Root, ".gitignore"), Path.Combine(clone.Root, ".gitignore"));
        File.Copy(Path.Combine(Clone.Root, ".dockerignore"), Path.Combine(clone.Root, ".dockerignore"));
        Copy(Path.Combine(Clone.Root, "terraform"), Path.Combine(clone.Root, "terraform"));
        File.WriteAllText(Path.Combine(clone.Root, "terraform", "terraform.tfvars"), "aws_region = \"us-east-1\"\n");
        clone.SetToken(organizationUrl, token);
        await clone.Scratch.GitAsync("init", "--quiet");
        await clone.Scratch.GitAsync("add", "--all");
        var bin = Path.Combine(clone.Scratch.State, "bin");
        await Programs.WriteAsync(bin, ("docker", Programs.Docker));
        if (!realTerraform)
        {
            await Programs.WriteAsync(bin, ("terraform", Programs.Terraform));
        }

        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["TIDEPOOL_HOME"] = clone.Root,
            ["FAKES"] = clone.Fake(""),
            ["PATH"] = $"{bin}:{Environment.GetEnvironmentVariable("PATH")}",
            ["AWS_ENDPOINT_URL"] = awsUrl.TrimEnd('/'),
            ["AWS_ACCESS_KEY_ID"] = "testing",
            ["AWS_SECRET_ACCESS_KEY"] = "testing",
            ["AWS_SESSION_TOKEN"] = "",
            ["AWS_PROFILE"] = "",
            ["AWS_CONFIG_FILE"] = "/dev/null",
            ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null",
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_CA_BUNDLE"] = "",
            ["AZP_URL"] = "",
            ["AZP_TOKEN"] = "",
            ["AZP_POOL"] = "",
            ["DOCKER_CONFIG"] = "",
            ["TF_CLI_CONFIG_FILE"] = "",
        })
        {
            clone.Scratch.Environment[name] = value;
        }

        clone.Deployed(waitingFor: []);
        File.WriteAllText(clone.Fake("state"), "aws_ecs_service.agents\ndata.aws_region.current\naws_secretsmanager_secret.token\n");
        return clone;
    }

    public void SetToken(string organizationUrl, string token)
    {
        var path = Path.Combine(Root, ".env");
        File.WriteAllText(path, $"AZP_URL={organizationUrl}\nAZP_TOKEN={token}\nAZP_POOL=fargate\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>What the Terraform of the test says is deployed.</summary>
    public void Deployed(string[] waitingFor, string file = "outputs.json")
    {
        var outputs = new JsonObject();
        foreach (var (name, value) in new Dictionary<string, JsonNode?>
        {
            ["region"] = "us-east-1",
            ["cluster_name"] = "tidepool",
            ["service_name"] = "agents",
            ["storage"] = "bind",
            ["repository_name"] = "tidepool/tidepool/tidepool-agent",
            ["repository_url"] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tidepool/tidepool/tidepool-agent",
            ["image"] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tidepool/tidepool/tidepool-agent:x",
            ["cpu_architecture"] = "ARM64",
            ["token_secret_arn"] = "arn:aws:secretsmanager:us-east-1:123456789012:secret:tidepool/tidepool/token-AbCdEf",
            ["token_secret_name"] = "tidepool/tidepool/token",
            ["log_groups"] = new JsonObject { ["agent-1"] = "/tidepool/tidepool/agent-1", ["agent-2"] = "/tidepool/tidepool/agent-2" },
            ["task_definition_arn"] = Cloud.TaskDefinition,
            ["desired_count"] = waitingFor.Length == 0 ? 1 : 0,
            ["waiting_for"] = new JsonArray([.. waitingFor.Select(thing => (JsonNode)thing)]),
            ["azp_url"] = "https://dev.azure.com/x",
            ["azp_pool"] = "fargate",
        })
        {
            outputs[name] = new JsonObject { ["value"] = value };
        }

        File.WriteAllText(Fake(file), outputs.ToJsonString());
    }

    public void Dispose() => Scratch.Dispose();

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from).Where(file => !file.Contains("tfstate", StringComparison.Ordinal) && !file.EndsWith(".tfvars", StringComparison.Ordinal) && !file.Contains(".auto.", StringComparison.Ordinal) && Path.GetFileName(file) != ".terraform.lock.hcl"))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.EnumerateDirectories(from).Where(folder => Path.GetFileName(folder) != ".terraform"))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }
}
