namespace Tidepool.Pipelines.Compile;

/// <summary>What a node of a pipeline is for: what may stand in it, and which templates its items may name.</summary>
internal sealed class Place
{
    private readonly Func<string, Place> _child;

    private Place(Func<string, Place>? child = null) => _child = child ?? (_ => Other);

    public static Place Other { get; } = new();

    /// <summary>No <c>${{ }}</c> may stand here.</summary>
    public static Place Literal { get; } = new(_ => Literal!);

    /// <summary>A step is a step wherever it stands.</summary>
    public static Place Steps { get; } = new() { Body = "steps", Item = new Place() };

    /// <summary>In a list each item is a variable; in a mapping each entry is one.</summary>
    public static Place Variables { get; } = new() { Body = "variables", Item = new Place() };

    /// <summary>Hooks of a deployment, however deep their steps are.</summary>
    private static Place Strategy { get; } = new(key => key switch
    {
        "steps" => Steps,
        "matrix" => Other,
        _ => Strategy!,
    });

    public static Place Job { get; } = new(key => key switch
    {
        "steps" => Steps,
        "variables" => Variables,
        "strategy" => Strategy,
        _ => Other,
    })
    {
        HasVariables = true,
    };

    public static Place Jobs { get; } = new() { Body = "jobs", Item = Job };

    public static Place Stage { get; } = new(key => key switch
    {
        "jobs" or "phases" => Jobs,
        "variables" => Variables,
        _ => Other,
    })
    {
        HasVariables = true,
    };

    public static Place Stages { get; } = new() { Body = "stages", Item = Stage };

    private static Place Repositories { get; } = new() { Item = new Place(key => key == "ref" ? Other : Literal) };

    /// <summary>Expressions may stand among containers, and in the ref of a repository.</summary>
    /// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/template-expressions</remarks>
    private static Place Resources { get; } = new(key => key switch
    {
        "containers" => Other,
        "repositories" => Repositories,
        _ => Literal,
    });

    /// <summary>A file that is a pipeline, or that one extends.</summary>
    public static Place Pipeline { get; } = new(key => key switch
    {
        "stages" => Stages,
        "jobs" or "phases" => Jobs,
        "steps" => Steps,
        "variables" => Variables,
        "strategy" => Strategy,
        "resources" => Resources,
        "trigger" or "pr" or "schedules" => Literal,
        _ => Other,
    });

    /// <summary>An item of a list here.</summary>
    public Place Item
    {
        get => field ?? Other;
        private init;
    }

    /// <summary>What a template must hold that an item names; null where no templates are named.</summary>
    public string? Body { get; private init; }

    /// <summary>Variables that are named inside are not seen outside, and are seen by all of the node wherever in it they stand.</summary>
    public bool HasVariables { get; private init; }

    public Place Of(string key) => _child(key);

    /// <summary>A file whose one part beside its parameters is a list of this place.</summary>
    public static Place Template(Place list) => new(key => key == list.Body ? list : Other);

    /// <summary>The mapping that names a template and gives it parameters, each for the place that its type says.</summary>
    public static Place Call(Func<string, Place> ofParameter) => new(key => key == "parameters" ? new Place(ofParameter) : Other);
}
