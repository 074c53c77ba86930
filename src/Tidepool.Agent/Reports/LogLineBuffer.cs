using System.Globalization;
using System.Text;

namespace Tidepool.Agent.Reports;

/// <summary>Makes the bytes of a log's line: the time, a space, the text, a line feed. One line at a time.</summary>
internal sealed class LogLineBuffer
{
    /// <summary>Bytes of a time such as <c>2026-11-23T23:47:18.0944319Z</c> and the space after it.</summary>
    private const int TimeSize = 29;

    private byte[] _bytes = new byte[1024];

    /// <summary>The bytes are good until the next call.</summary>
    /// <param name="time">In UTC.</param>
    public ReadOnlySpan<byte> Write(DateTime time, string text)
    {
        var most = TimeSize + Encoding.UTF8.GetMaxByteCount(text.Length) + 1;
        if (_bytes.Length < most)
        {
            _bytes = new byte[most];
        }
        time.TryFormat(_bytes, out _, "O", CultureInfo.InvariantCulture);
        _bytes[TimeSize - 1] = (byte)' ';
        var length = TimeSize + Encoding.UTF8.GetBytes(text, _bytes.AsSpan(TimeSize));
        _bytes[length] = (byte)'\n';
        return _bytes.AsSpan(0, length + 1);
    }
}
