using System.Text;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>Text that grows and is read back: in a file, or without one in memory. One writes at a time.</summary>
internal sealed class LogText(string? file)
{
    // Characters that wait in memory for room on the disk.
    private const int MostWaiting = 1024 * 1024;

    private readonly StringBuilder _memory = new();
    private long _bytes;

    /// <summary>Takes what is in the file for its text.</summary>
    public void Resume() => _bytes = file is not null && new FileInfo(file) is { Exists: true, Length: var length } ? length : 0;

    /// <summary>Adds text at the end. On a full disk it waits in memory for the next call.</summary>
    /// <exception cref="IOException">There is no room, and too much waits already: this text is lost.</exception>
    public void Append(string text)
    {
        _memory.Append(text);
        if (file is null)
        {
            return;
        }

        try
        {
            using var handle = File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
            var bytes = Encoding.UTF8.GetBytes(_memory.ToString());
            RandomAccess.Write(handle, bytes, _bytes);
            _bytes += bytes.Length;
            _memory.Clear();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_memory.Length > MostWaiting)
            {
                _memory.Length -= text.Length;
                throw new IOException(e.Message, e);
            }
        }
    }

    /// <summary>A reader of the text as it is now.</summary>
    public TextReader Read() => _bytes == 0
        ? new StringReader(_memory.ToString())
        : _memory.Length == 0 ? OfFile() : new StringReader(Whole(OfFile()) + _memory);

    private static string Whole(TextReader reader)
    {
        using (reader)
        {
            return reader.ReadToEnd();
        }
    }

    private StreamReader OfFile() => new(new FileSlice(file!, 0, _bytes), Encoding.UTF8);
}
