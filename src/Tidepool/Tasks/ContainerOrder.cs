namespace Tidepool.Tasks;

/// <summary>The order that <c>dependsOn</c> (and <c>volumesFrom</c>) gives the containers of a task.</summary>
internal static class ContainerOrder
{
    /// <summary>The names along one cycle, the first repeated at the end; null when there is none.</summary>
    public static IReadOnlyList<string>? Cycle(IReadOnlyList<ContainerDefinition> containers)
    {
        var done = new HashSet<string>();
        return containers.Select(container => Visit(container.Name, [])).FirstOrDefault(cycle => cycle is not null);

        IReadOnlyList<string>? Visit(string name, List<string> trail)
        {
            if (trail.Contains(name))
            {
                return [.. trail.SkipWhile(earlier => earlier != name), name];
            }

            if (done.Contains(name) || containers.FirstOrDefault(container => container.Name == name) is not { } container)
            {
                return null;
            }

            trail.Add(name);
            var cycle = Needs(container).Select(other => Visit(other, trail)).FirstOrDefault(found => found is not null);
            trail.Remove(name);
            done.Add(name);
            return cycle;
        }
    }

    /// <summary>The names of the containers that must have come first.</summary>
    private static IEnumerable<string> Needs(ContainerDefinition container) =>
        container.DependsOn.Select(dependency => dependency.ContainerName)
            .Concat(container.VolumesFrom.Select(from => from.SourceContainer ?? ""));
}
