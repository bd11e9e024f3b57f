using System.Diagnostics;

namespace FastMlp.Benchmarks.Peers;

/// <summary>
/// A system to measure beside FastMlp. What it cannot do it answers with null; what is not installed it says when
/// it is opened.
/// </summary>
internal abstract class Peer : IDisposable
{
    public abstract string Name { get; }

    /// <summary>As the system itself states it, where it does.</summary>
    public abstract string Version { get; }

    /// <summary>The work of a forward pass of <paramref name="rows"/> rows, repeated as often as the argument says; returns seconds.</summary>
    public virtual Func<int, double>? Forward(Workload work, int rows) => null;

    /// <summary>The work of a training step by SGD, or by Adam where <paramref name="adam"/> says so.</summary>
    public virtual Func<int, double>? Step(Workload work, int rows, bool adam) => null;

    public virtual void Dispose()
    {
    }

    /// <summary>Repeats one call and times it.</summary>
    protected static Func<int, double> Repeat(Action once) => repeats =>
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
        {
            once();
        }

        // Not by way of a TimeSpan, which would round single calls to 100 ns.
        return (double)(Stopwatch.GetTimestamp() - start) / Stopwatch.Frequency;
    };
}

/// <summary>The peer is not on this machine, or not in a form that can be used; the message says what is missing.</summary>
internal sealed class PeerAbsentException(string message) : Exception(message);
