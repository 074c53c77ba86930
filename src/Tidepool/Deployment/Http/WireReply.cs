using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Tidepool.Deployment.Http;

/// <summary>An answer, read whole.</summary>
internal sealed record WireReply(HttpStatusCode Status, HttpResponseHeaders Headers, MediaTypeHeaderValue? ContentType, byte[] Body)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public string Text => Encoding.UTF8.GetString(Body);
}
