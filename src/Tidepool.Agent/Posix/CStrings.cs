using System.Runtime.InteropServices;

namespace Tidepool.Agent.Posix;

/// <summary>A null-terminated array of C strings, as argv and envp are.</summary>
internal sealed unsafe class CStrings : IDisposable
{
    private readonly int _count;

    public CStrings(IReadOnlyCollection<string> values)
    {
        _count = values.Count;
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
        var index = 0;
        foreach (var value in values)
        {
            Pointer[index++] = (byte*)Marshal.StringToCoTaskMemUTF8(value);
        }
    }

    public byte** Pointer { get; }

    /// <summary>Variables as <c>NAME=value</c>.</summary>
    public static CStrings Of(IReadOnlyDictionary<string, string> environment) =>
        new([.. environment.Select(variable => $"{variable.Key}={variable.Value}")]);

    public void Dispose()
    {
        for (var i = 0; i < _count; i++)
        {
            Marshal.ZeroFreeCoTaskMemUTF8((nint)Pointer[i]);
        }
        NativeMemory.Free(Pointer);
    }
}
