using System.Globalization;
using System.IO.Enumeration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Library;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The project's variable groups: made, told without their secrets, changed and removed.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups. Older clients change groups in the project, newer ones in
/// the organization. Inferred: the words of refusals, and that a secret without a value stays what it was when a group is changed.
/// </remarks>
internal sealed class VariableGroupsApi(PipelinesServiceOptions options, VariableGroups groups)
{
    private const string Route = "_apis/distributedtask/variablegroups";
    private const string Somebody = "tidepool";

    public void Map(IEndpointRouteBuilder routes)
    {
        var ofProject = $"{options.Project}/{Route}";
        routes.MapGet(ofProject, ListAsync);
        routes.MapGet($"{ofProject}/{{groupId}}", http =>
        {
            http.MustNotBeJob();
            return WriteAsync(http, Find(http));
        });
        foreach (var all in new[] { ofProject, Route })
        {
            routes.MapPost(all, AddAsync);
            routes.MapPut($"{all}/{{groupId}}", ChangeAsync);
            routes.MapDelete($"{all}/{{groupId}}", http =>
            {
                http.MustBeOwner();
                groups.Remove(Find(http).Id);
                http.Response.StatusCode = StatusCodes.Status204NoContent;
                return Task.CompletedTask;
            });
        }
    }

    private Task ListAsync(HttpContext http)
    {
        http.MustNotBeJob();
        var ids = http.QueryText("groupIds")?.Split(',', StringSplitOptions.TrimEntries);
        var name = http.QueryText("groupName");
        var isAscending = http.QueryText("queryOrder")?.ToLowerInvariant() is "idascending" or "0";
        var found = groups.All
            .Where(group => ids is null || ids.Contains(group.Id.ToString(CultureInfo.InvariantCulture)))
            .Where(group => name is null || FileSystemName.MatchesSimpleExpression(name.Replace(@"\", @"\\", StringComparison.Ordinal), group.Name))
            .OrderBy(group => isAscending ? group.Id : -group.Id)
            .Take(http.QueryInt("$top") ?? int.MaxValue);
        return http.WriteListAsync([.. found.Select(ToWire)], VariableGroupJson.Default.CollectionVariableGroupResource);
    }

    private async Task AddAsync(HttpContext http)
    {
        http.MustBeOwner();
        var wanted = await http.ReadAsync(VariableGroupJson.Default.VariableGroupWish);
        var name = NameOf(wanted);
        await WriteAsync(http, groups.Add(name, wanted.Description, Variables(wanted, before: [])) ?? throw Exists(name));
    }

    private async Task ChangeAsync(HttpContext http)
    {
        http.MustBeOwner();
        var known = Find(http);
        var wanted = await http.ReadAsync(VariableGroupJson.Default.VariableGroupWish);
        var name = NameOf(wanted);
        await WriteAsync(http, groups.Replace(known.Id, name, wanted.Description, Variables(wanted, known.Variables)) ?? throw Exists(name));
    }

    private static string NameOf(VariableGroupWish wanted)
    {
        if (wanted.Type is not (null or "") && !wanted.Type.Equals(VariableGroupWish.Ordinary, StringComparison.OrdinalIgnoreCase))
        {
            throw Refusal.BadRequest($"The variable group's type is '{wanted.Type}'; only {VariableGroupWish.Ordinary} is here, and no vault.");
        }

        return (wanted.Name ?? wanted.VariableGroupProjectReferences?.FirstOrDefault()?.Name) is { } name && !string.IsNullOrWhiteSpace(name)
            ? name
            : throw Refusal.BadRequest("The variable group has no name.");
    }

    private static IReadOnlyList<GroupVariable> Variables(VariableGroupWish wanted, IReadOnlyList<GroupVariable> before)
    {
        var all = new Dictionary<string, GroupVariable>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, given) in wanted.Variables ?? new Dictionary<string, GroupValue?>())
        {
            var isSecret = given?.IsSecret ?? false;
            var kept = isSecret ? before.FirstOrDefault(known => known.IsSecret && known.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) : null;
            if (name.Length == 0 || !all.TryAdd(name, new(name, given?.Value ?? kept?.Value ?? "", isSecret)))
            {
                throw Refusal.BadRequest(name.Length == 0 ? "A variable of the group has no name." : $"The variable group has variable {name} twice.");
            }
        }

        return [.. all.Values];
    }

    private VariableGroup Find(HttpContext http)
    {
        var id = http.RouteInt("groupId");
        return groups.Find(id) ?? throw new WireException(404, "VariableGroupNotFoundException", $"Variable group with id {id} was not found.");
    }

    private static WireException Exists(string name) => new(409, "VariableGroupExistsException", $"Variable group with name {name} already exists.");

    private Task WriteAsync(HttpContext http, VariableGroup group) => http.WriteAsync(ToWire(group), VariableGroupJson.Default.VariableGroupResource);

    private VariableGroupResource ToWire(VariableGroup group)
    {
        var somebody = new IdentityReference(RecordId.Of("user", Somebody), Somebody, Somebody);
        return new()
        {
            Id = group.Id,
            Name = group.Name,
            Description = group.Description,
            Variables = group.Variables.ToDictionary(
                variable => variable.Name,
                variable => variable.IsSecret ? new GroupValue { IsSecret = true } : new GroupValue { Value = variable.Value }),
            CreatedOn = group.CreatedOn,
            ModifiedOn = group.ModifiedOn,
            CreatedBy = somebody,
            ModifiedBy = somebody,
            VariableGroupProjectReferences =
                [new(group.Name, group.Description, new(RecordId.Of("project", options.Organization, options.Project), options.Project))],
        };
    }
}
