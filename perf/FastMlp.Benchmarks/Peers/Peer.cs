using System.Diagnostics;
using FastMlp.Diagnostics;

namespace FastMlp.Benchmarks.Peers;

/// <summary>
/// A system to measure beside FastMlp. What it cannot do it answers with null; what is not installed it says when
/// it is opened. Work is repeated as often as its argument says, and returns the seconds it took.
/// </summary>
internal abstract class Peer : IDisposable
{
    public abstract string Name { get; }

    /// <summary>As the system itself states it, where it does.</summary>
    public abstract string Version { get; }

    /// <summary>Whether its memory is the managed heap's, so that the bytes of a call can be counted.</summary>
    public virtual bool IsManaged => false;

    /// <summary>A forward pass of <paramref name="rows"/> rows.</summary>
    public virtual Func<int, double>? Forward(Workload work, int rows) => null;

    /// <summary>
    /// The same for batches of several sizes by one set of weights, as one network would serve them; null where it cannot. With
    /// weights of its own for each size 64 layers of 1 MB would drive one another out of the cache between two samples.
    /// </summary>
    public virtual IReadOnlyList<Func<int, double>>? Forward(Workload work, IReadOnlyList<int> rows) => null;

    /// <summary>A training step by SGD, or by Adam where <paramref name="adam"/> says so.</summary>
    public virtual Func<int, double>? Step(Workload work, int rows, bool adam) => null;

    /// <summary>dW [inputs, units] = x^T delta, x [rows, inputs], delta [rows, units].</summary>
    public virtual Func<int, double>? WeightGradient(int rows, int inputs, int units) => null;

    /// <summary>dX [rows, inputs] = delta W^T, delta [rows, units], W [inputs, units].</summary>
    public virtual Func<int, double>? InputGradient(int rows, int inputs, int units) => null;

    /// <summary>A quantile of the microseconds that single calls take.</summary>
    /// <param name="work">What <see cref="Forward(Workload, int)"/> gave.</param>
    /// <param name="quantile">0.99, say.</param>
    /// <param name="seconds">Time to spend.</param>
    /// <param name="most">Calls after which it ends before that.</param>
    public virtual double Quantile(Func<int, double> work, double quantile, double seconds, int most)
    {
        double[] sorted = SingleCalls.Microseconds(repeats => work(repeats), seconds, most);
        return sorted[(int)(quantile * (sorted.Length - 1))];
    }

    public virtual void Dispose()
    {
    }

    /// <summary>Repeats one call and times it.</summary>
    protected static Func<int, double> Repeat(Action once) => Timed(repeats =>
    {
        for (int i = 0; i < repeats; i++)
        {
            once();
        }
    });

    /// <summary>Times work that repeats itself.</summary>
    protected static Func<int, double> Timed(Action<int> work) => repeats =>
    {
        long start = Stopwatch.GetTimestamp();
        work(repeats);

        // Not by way of a TimeSpan, which would round single calls to 100 ns.
        return (double)(Stopwatch.GetTimestamp() - start) / Stopwatch.Frequency;
    };
}

/// <summary>The peer is not on this machine, or not in a form that can be used; the message says what is missing.</summary>
internal sealed class PeerAbsentException(string message) : Exception(message);
