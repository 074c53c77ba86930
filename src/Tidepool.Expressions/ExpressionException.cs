namespace Tidepool.Expressions;

/// <summary>An expression could not be parsed or evaluated; the message is the service's own text.</summary>
public sealed class ExpressionException(string message) : Exception(message);
