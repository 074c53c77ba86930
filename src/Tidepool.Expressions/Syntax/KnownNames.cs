using Tidepool.Expressions.Evaluation;

namespace Tidepool.Expressions.Syntax;

/// <summary>Checks that a context knows every name of an expression, in the order of the text.</summary>
/// <remarks>
/// Of conditions and <c>$[ ]</c> the service says <c>Unrecognized value</c> (https://github.com/microsoft/azure-pipelines-yaml/issues/521).
/// Its words for <c>${{ }}</c> are those that others saw (https://github.com/ChristopherHX/runner.server/issues/360); not confirmed by
/// Microsoft, nor that <c>null</c>, which is no word of the language, is an exception.
/// </remarks>
internal static class KnownNames
{
    /// <exception cref="ExpressionException">A name is unknown, or a function of the context has too few or too many arguments.</exception>
    public static void Check(Node? node, ExpressionContext context, string text)
    {
        switch (node)
        {
            case NamedValueNode { Word: var word } when FaultOf(word, null, context, text) is { } fault:
                throw fault;
            case PathNode path:
                Check(path.Target, context, text);
                foreach (var index in path.Indexes)
                {
                    Check(index, context, text);
                }
                break;
            case CallNode call:
                var most = call.BuiltIn is null ? MostArguments(call, context, text) : int.MaxValue;
                for (var i = 0; i < call.Arguments.Count; i++)
                {
                    Check(call.Arguments[i], context, text);
                    if (i >= most - 1 && i < call.Arguments.Count - 1)
                    {
                        throw Fault("Unexpected symbol", call.Ends[i], text);
                    }
                }
                if (call.BuiltIn is null && call.Arguments.Count < context.Functions[call.Name].MinArguments)
                {
                    throw Fault("Unexpected symbol", call.Ends[^1], text);
                }
                break;
        }
    }

    public static ExpressionException Fault(string what, Token at, string text) =>
        new($"{what}: '{at.Raw}'. Located at position {at.Index + 1} within expression: {text}.");

    /// <summary>Why a word that begins a value is not one that the context knows; null when it is.</summary>
    /// <param name="word">The word.</param>
    /// <param name="next">What stands after it.</param>
    /// <param name="context">What is known.</param>
    /// <param name="text">The expression.</param>
    public static ExpressionException? FaultOf(Token word, Token? next, ExpressionContext context, string text)
    {
        var isCall = next is { Kind: TokenKind.StartArguments };
        return BuiltInFunctions.All.ContainsKey(word.Raw) ? null
            : context.Functions.ContainsKey(word.Raw) ? isCall ? null : Fault("Expected '(' to follow a function", word, text)
            : context.Values.ContainsKey(word.Raw) ? isCall ? Fault("Unexpected symbol", next!, text) : null
            : !context.IsTemplate || word.Raw.Equals("null", StringComparison.OrdinalIgnoreCase) ? Fault("Unrecognized value", word, text)
            : Fault(isCall ? "Unrecognized function" : "Unrecognized named-value", word, text);
    }

    private static int MostArguments(CallNode call, ExpressionContext context, string text)
    {
        if (FaultOf(call.Word, call.Open, context, text) is { } fault)
        {
            throw fault;
        }
        var function = context.Functions[call.Name];
        return function.MaxArguments == 0 && call.Arguments.Count > 0
            ? throw Fault("Unexpected symbol", call.Ends[0], text)
            : function.MaxArguments;
    }
}
