using System.CommandLine;
using Tidepool.Deployment;
using Tidepool.Deployment.Verification;
using Tidepool.Storage.Probes;

namespace Tidepool.Cli.Commands;

/// <summary>The options that say what of a user's account is used to try storages there.</summary>
internal sealed class AccountArguments
{
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "aws: do not ask before anything is made." };
    private readonly Option<string?> _cluster = Text("--cluster", "aws: the cluster. [default: the one that 'tidepool up' made]", "NAME");
    private readonly Option<string?> _service = Text("--service", "aws: a service whose image, network and roles are used. [default: the one that 'tidepool up' made]", "NAME");
    private readonly Option<string[]> _subnets = Many("--subnets", "aws: subnets of the tasks.", "ID");
    private readonly Option<string[]> _securityGroups = Many("--security-groups", "aws: security groups of the tasks.", "ID");
    private readonly Option<bool?> _publicIp = new("--assign-public-ip") { Description = "aws: give tasks a public address, their way to the registry where there is no NAT." };
    private readonly Option<string?> _executionRole = Text("--execution-role", "aws: the role that pulls the image and writes logs.", "ARN");
    private readonly Option<string?> _architecture = Text("--cpu-architecture", "X86_64 or ARM64, as the image is.", "NAME");
    private readonly Option<string?> _infrastructureRole = Text("--infrastructure-role", "aws: the role with which ECS makes EBS volumes.", "ARN");
    private readonly Option<string?> _fileSystem = Text("--file-system", "An EFS file system that tasks can reach.", "ID");
    private readonly Option<string?> _accessPoint = Text("--access-point", "An access point of it.", "ID");

    public AccountArguments(Command command)
    {
        _architecture.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not ("X86_64" or "ARM64") and var name }])
            {
                result.AddError($"--cpu-architecture is '{name}'; it must be X86_64 or ARM64.");
            }
        });
        foreach (var option in new Option[]
        {
            _yes, _cluster, _service, _subnets, _securityGroups, _publicIp, _executionRole, _architecture, _infrastructureRole, _fileSystem, _accessPoint,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The EFS file system that is given; null for none.</summary>
    public string? FileSystem(ParseResult parsed) => parsed.GetValue(_fileSystem);

    /// <summary>The access point that is given; null for none.</summary>
    public string? AccessPoint(ParseResult parsed) => parsed.GetValue(_accessPoint);

    /// <summary>Says what would be made and what it costs, asks, and uses the account; the default where the answer is no.</summary>
    /// <exception cref="ProblemException">VERIFY006: there is nobody to ask. Or the account cannot be used.</exception>
    public async Task<T?> UseAsync<T>(
        ParseResult parsed,
        string? image,
        string? imageVolume,
        IReadOnlyList<Probe> probes,
        IProgress<DeploymentEvent> view,
        Func<VerificationPlace, ProbeSetting, Task<T>> use,
        CancellationToken ct) where T : class
    {
        var isSure = parsed.GetValue(_yes);
        if (!isSure && Console.IsInputRedirected)
        {
            throw new ProblemException("VERIFY006", "This makes tasks in your account, and there is no terminal to ask at.", "Run it in a terminal, or with --yes.");
        }

        using var account = await AccountVerification.OpenAsync(
            Installation.Root,
            DeploymentSettings.ProcessEnvironment(),
            new()
            {
                Cluster = parsed.GetValue(_cluster),
                Service = parsed.GetValue(_service),
                Subnets = parsed.GetValue(_subnets) ?? [],
                SecurityGroups = parsed.GetValue(_securityGroups) ?? [],
                AssignPublicIp = parsed.GetValue(_publicIp),
                Image = image,
                ImageVolume = imageVolume,
                ExecutionRoleArn = parsed.GetValue(_executionRole),
                CpuArchitecture = parsed.GetValue(_architecture),
                InfrastructureRoleArn = parsed.GetValue(_infrastructureRole),
                FileSystemId = FileSystem(parsed),
                AccessPointId = AccessPoint(parsed),
            },
            view,
            TimeProvider.System,
            ct);
        foreach (var line in account.Preview(probes))
        {
            Console.Error.WriteLine(PlainText.Of(line));
        }

        if (!isSure)
        {
            Console.Error.Write("Go on? [y/N] ");
            if (await Console.In.ReadLineAsync(ct) is not ("y" or "Y" or "yes"))
            {
                Console.Error.WriteLine("Nothing was made.");
                return null;
            }
        }

        return await account.UseAsync(use);
    }

    private static Option<string?> Text(string name, string description, string help) => new(name) { Description = description, HelpName = help };

    private static Option<string[]> Many(string name, string description, string help) => new(name)
    {
        Description = description,
        HelpName = help,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
    };
}
