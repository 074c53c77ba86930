using System.Text;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>Text that grows and is read back: in a file, or without one in memory. One writes at a time.</summary>
internal sealed class LogText(string? file)
{
    private readonly StringBuilder? _memory = file is null ? new() : null;
    private long _bytes;

    /// <summary>Adds text at the end.</summary>
    /// <exception cref="IOException">There is no room; nothing of it is added.</exception>
    public void Append(string text)
    {
        if (file is null)
        {
            _memory!.Append(text);
            return;
        }

        using var handle = File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        var bytes = Encoding.UTF8.GetBytes(text);
        RandomAccess.Write(handle, bytes, _bytes);
        _bytes += bytes.Length;
    }

    /// <summary>A reader of the text as it is now.</summary>
    public TextReader Read() => file is null
        ? new StringReader(_memory!.ToString())
        : _bytes == 0 ? TextReader.Null : new StreamReader(new FileSlice(file, 0, _bytes), Encoding.UTF8);
}
