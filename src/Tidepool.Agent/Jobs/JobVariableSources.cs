using System.Globalization;
using System.Runtime.InteropServices;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>The variables a job starts with: the service's, and the agent's own.</summary>
internal static class JobVariableSources
{
    public static JobVariables Collect(AgentJobRequestMessage request, JobHost host, WorkFolder folders, string accessToken)
    {
        var variables = new JobVariables();
        foreach (var (name, variable) in request.Variables)
        {
            variables.SetOwn(name, variable.Value ?? "", variable.IsSecret == true, variable.IsReadOnly == true);
        }
        foreach (var (name, value) in folders.AsVariables().Concat(OfAgent(request, host)).Concat(OfRepository(request, variables)))
        {
            variables.SetOwn(name, value);
        }
        variables.SetOwn("System.AccessToken", accessToken, isSecret: true);
        return variables;
    }

    private static IEnumerable<(string Name, string Value)> OfAgent(AgentJobRequestMessage request, JobHost host) =>
    [
        .. host.RunsOnce ? [("Agent.RunMode", "once")] : Array.Empty<(string, string)>(),
        ("Agent.Id", host.Agent.AgentId.ToString(CultureInfo.InvariantCulture)),
        ("Agent.Name", host.Agent.Name),
        ("Agent.MachineName", Environment.MachineName),
        ("Agent.JobName", request.JobDisplayName),
        ("Agent.JobStatus", JobStatus.Succeeded.ToString()),
        ("Agent.OS", "Linux"),
        ("Agent.OSArchitecture", RuntimeInformation.OSArchitecture.ToString().ToUpperInvariant()),
        ("Agent.Version", AgentVersion.InPool),
        ("Agent.HomeDirectory", AppContext.BaseDirectory.TrimEnd('/')),
    ];

    /// <summary>What the service may leave for the agent to say of the repository.</summary>
    private static IEnumerable<(string Name, string Value)> OfRepository(AgentJobRequestMessage request, JobVariables given)
    {
        if (request.Resources.Repositories.FirstOrDefault(repository => repository.Alias == RepositoryResources.Self) is not { } self)
        {
            return [];
        }
        (string Name, string? Value)[] facts =
        [
            ("Build.Repository.Id", RepositoryResources.Text(self, "id")),
            ("Build.Repository.Name", RepositoryResources.Text(self, "name")),
            ("Build.Repository.Provider", RepositoryResources.Text(self, "type") is "Git" or null ? "TfsGit" : RepositoryResources.Text(self, "type")),
            ("Build.Repository.Uri", RepositoryResources.Text(self, "url")),
            ("Build.SourceBranch", RepositoryResources.Text(self, "ref")),
            ("Build.SourceVersion", RepositoryResources.Text(self, "version")),
            ("Build.SourceBranchName", RepositoryResources.Text(self, "ref")?.Split('/')[^1]),
        ];
        return facts.Where(fact => fact.Value is not null && given.Find(fact.Name) is null).Select(fact => (fact.Name, fact.Value!));
    }
}
