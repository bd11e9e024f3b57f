using System.Diagnostics;

namespace FastMlp.Benchmarks.Rivals;

/// <summary>
/// A system to measure, FastMlp included. It answers null for what it cannot do, and throws <see cref="RivalAbsentException"/> from its
/// constructor where it is not installed. Work is repeated as often as its argument says and returns the seconds it took.
/// </summary>
internal abstract class Rival : IDisposable
{
    /// <summary>So small that weights, and with them the work, stay what they are.</summary>
    protected const float SgdRate = 1e-5f;
    protected const float AdamRate = 1e-7f;

    public abstract string Name { get; }

    public abstract string Version { get; }

    /// <summary>Whether it runs in this process, so that its managed bytes can be counted and single calls timed.</summary>
    public virtual bool IsInProcess => true;

    /// <summary>A forward pass.</summary>
    public virtual Func<int, double>? Predict(Net net, int rows) => null;

    /// <summary>A training step by SGD or Adam: forward, loss, backward, update.</summary>
    public virtual Func<int, double>? Step(Net net, int rows, bool adam) => null;

    public virtual void Dispose()
    {
    }

    protected static Func<int, double> Repeat(Action once) => repeats =>
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
        {
            once();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    };
}

/// <summary>A rival is not here; the message says what is missing.</summary>
internal sealed class RivalAbsentException(string message) : Exception(message);
