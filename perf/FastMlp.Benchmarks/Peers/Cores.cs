using System.Diagnostics;
using System.Numerics;

namespace FastMlp.Benchmarks.Peers;

/// <summary>The cores that the measuring thread, and the threads and processes that it starts from then on, may run on.</summary>
internal sealed class Cores
{
    private readonly ulong allowed = Affinity();

    /// <summary>How many this process was started with.</summary>
    public int Count => allowed == 0 ? Environment.ProcessorCount : BitOperations.PopCount(allowed);

    /// <summary>The last one only: the first serves most interrupts.</summary>
    public void UseLast() => Use(allowed == 0 ? 0 : 1UL << BitOperations.Log2(allowed));

    public void UseAll() => Use(allowed);

    private static ulong Affinity()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsWindows())
        {
            return 0;
        }

        using Process self = Process.GetCurrentProcess();
        return (ulong)self.ProcessorAffinity;
    }

    private static void Use(ulong mask)
    {
        if (mask != 0 && (OperatingSystem.IsLinux() || OperatingSystem.IsWindows()))
        {
            using Process self = Process.GetCurrentProcess();
            self.ProcessorAffinity = (nint)mask;
        }
    }
}
