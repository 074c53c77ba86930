using System.Globalization;
using Tidepool.Expressions;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>A type that a parameter can have: what it takes, and what expressions see of it.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/parameters-parameter. That the types of the page that starts a run
/// (environment, filePath, pool, secureFile, serviceConnection) are taken as they are written is inferred.
/// </remarks>
internal sealed record ParameterType(string Name, Place Place)
{
    private static readonly Dictionary<string, ParameterType> All = new[]
    {
        new ParameterType("string", Place.Other),
        new ParameterType("number", Place.Other),
        new ParameterType("boolean", Place.Other),
        new ParameterType("object", Place.Other),
        new ParameterType("legacyObject", Place.Other),
        new ParameterType("stringList", Place.Other),
        new ParameterType("environment", Place.Other),
        new ParameterType("filePath", Place.Other),
        new ParameterType("pool", Place.Other),
        new ParameterType("secureFile", Place.Other),
        new ParameterType("serviceConnection", Place.Other),
        new ParameterType("container", Place.Other),
        new ParameterType("containerList", Place.Other),
        new ParameterType("step", Place.Steps),
        new ParameterType("stepList", Place.Steps),
        new ParameterType("job", Place.Jobs),
        new ParameterType("jobList", Place.Jobs),
        new ParameterType("deployment", Place.Jobs),
        new ParameterType("deploymentList", Place.Jobs),
        new ParameterType("stage", Place.Stages),
        new ParameterType("stageList", Place.Stages),
    }.ToDictionary(t => t.Name);

    public static ParameterType Text => All["string"];

    /// <summary>Null for a word that is no type; case matters.</summary>
    public static ParameterType? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>The place whose templates and variables a value has; one value of a list's kind stands where an item does.</summary>
    public Place ValuePlace => IsList || Place == Place.Other ? Place : Place.Item;

    public bool IsList => Name.EndsWith("List", StringComparison.Ordinal);

    /// <summary>Takes text, number or flag.</summary>
    public bool IsScalar => Name is "string" or "number" or "boolean";

    /// <summary>The value as expressions see it; null, with the reason, when it does not fit.</summary>
    /// <param name="parameter">The parameter's name.</param>
    /// <param name="node">The value, its expressions and templates done.</param>
    /// <param name="structure">Makes values of nodes.</param>
    /// <param name="fault">What is wrong, and where.</param>
    public ExpressionValue? Read(string parameter, YamlNode node, StructuredValue structure, out (YamlNode At, string Text)? fault)
    {
        fault = null;
        if (IsScalar)
        {
            if (node is not ScalarNode scalar)
            {
                fault = (node, Unexpected.Text(node));
                return null;
            }
            var text = scalar.IsNull ? "" : scalar.Value;
            var value = Name == "string" && scalar is { Result: null, IsNull: false } ? structure.TextsOf(scalar) : Convert(text);
            fault = value is null ? (node, Invalid(parameter, text)) : null;
            return value;
        }
        if (Place == Place.Other && !IsList)
        {
            return Name == "legacyObject" ? structure.TextsOf(node) : structure.Of(node);
        }
        if (node is ScalarNode { IsNull: true })
        {
            return IsList ? new ArrayValue([]) : ExpressionValue.Null;
        }
        if (IsList ? node is not SequenceNode : node is not MappingNode)
        {
            fault = (node, Unexpected.Text(node));
            return null;
        }
        var canonical = Canonical(node);
        return Name is "containerList" ? structure.Of(canonical) : structure.TextsOf(canonical);
    }

    /// <summary>A scalar type's value; null when the text is none.</summary>
    public ExpressionValue? Convert(string text) => Name switch
    {
        "boolean" => bool.TryParse(text, out var flag) && text.Trim().Length == text.Length ? new BooleanValue(flag) : null,
        "number" => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? ExpressionValue.Of(number)
            : null,
        _ => ExpressionValue.Of(text),
    };

    public string Invalid(string parameter, string text) =>
        $"The '{parameter}' parameter value '{text}' is not a valid {char.ToUpperInvariant(Name[0])}{Name[1..]}.";

    private YamlNode Canonical(YamlNode node) => Name switch
    {
        "step" => CanonicalForm.Step(node),
        "job" or "deployment" => CanonicalForm.Job(node),
        "stage" => CanonicalForm.Stage(node),
        "stepList" => CanonicalForm.Items(node, CanonicalForm.Step),
        "jobList" or "deploymentList" => CanonicalForm.Items(node, CanonicalForm.Job),
        "stageList" => CanonicalForm.Items(node, CanonicalForm.Stage),
        _ => node,
    };
}
