namespace Tidepool.Pipelines;

/// <summary>Text that is one whole <c>$[ ]</c>, to be evaluated when the job starts.</summary>
internal static class RuntimeText
{
    /// <summary>The expression inside <c>$[ ]</c>, or null for other text.</summary>
    public static string? ExpressionOf(string text) =>
        text.Trim() is ['$', '[', .. var inner, ']'] ? inner.Trim() : null;
}
