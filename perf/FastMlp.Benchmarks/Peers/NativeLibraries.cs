using System.Runtime.InteropServices;

namespace FastMlp.Benchmarks.Peers;

/// <summary>Finds a shared library under its usual names, without failing the program where it is not.</summary>
internal static class NativeLibraries
{
    public static nint Open(string what, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
            {
                return handle;
            }
        }

        throw new PeerAbsentException($"{what} is not installed (looked for {string.Join(", ", names.ToArray())}).");
    }

    /// <summary>The address of a function of the library.</summary>
    public static nint Function(nint library, string name) =>
        NativeLibrary.TryGetExport(library, name, out nint address)
            ? address
            : throw new PeerAbsentException($"The library that was found has no {name}.");
}
