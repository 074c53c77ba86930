using Polly.Timeout;

namespace Tidepool.Deployment.Http;

/// <summary>Why a call got no answer, in one line.</summary>
internal static class Reachability
{
    public static string Reason(Exception e) => e switch
    {
        TimeoutRejectedException timeout => $"no answer within {timeout.Timeout.TotalSeconds:0} s.",
        // The outer text of a TLS failure is only "see inner exception".
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: { } inner } => Sentence.Of(inner.Message),
        _ => Sentence.Of(e.Message),
    };
}
