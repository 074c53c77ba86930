using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.Storage;

/// <summary>One list price.</summary>
/// <param name="Value">In the currency of the list.</param>
/// <param name="Unit">What it buys, as in <c>vCPU-hour</c>.</param>
/// <param name="Source">The page that has it today.</param>
/// <param name="Date">The day that it was true.</param>
/// <param name="Remark">What else to know.</param>
public sealed record Price(decimal Value, string Unit, Uri Source, DateOnly Date, string? Remark = null);

/// <summary>
/// The list prices of what a deployment uses, without tax, free tiers and discounts. They are of one Region; others differ, mostly upwards.
/// Each was read in a dated public copy of the provider's price list, not in an account's bill; its page says what it is today.
/// </summary>
public sealed record Prices
{
    private const string Resource = "prices.json";

    /// <summary>The list that came with this build.</summary>
    public static Prices Listed { get; } = Read();

    /// <summary>Region of the AWS prices.</summary>
    public required string Region { get; init; }

    /// <summary>As in <c>USD</c>.</summary>
    public required string Currency { get; init; }

    /// <summary>Hours of a mean month.</summary>
    public required decimal HoursPerMonth { get; init; }

    [JsonPropertyName("prices")]
    public required IReadOnlyDictionary<string, Price> All { get; init; }

    /// <summary>The price of a name in the list.</summary>
    public Price this[string name] => All[name];

    private static Prices Read()
    {
        using var json = typeof(Prices).Assembly.GetManifestResourceStream(Resource)!;
        return JsonSerializer.Deserialize(json, PricesJson.Default.Prices)!;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Prices))]
internal sealed partial class PricesJson : JsonSerializerContext;
