using System.Diagnostics;

namespace FastMlp.Benchmarks.Peers;

/// <summary>Shares the minutes that a run may take among its cases: what quiet cases leave over goes to those that must wait for quiet.</summary>
/// <param name="seconds">The whole run's.</param>
/// <param name="planned">What all cases take on a quiet machine.</param>
internal sealed class Schedule(double seconds, double planned)
{
    /// <summary>A case gets up to so many times its part of what is left over: only a few need it.</summary>
    private const double Generosity = 3;

    /// <summary>What has not become quiet in so many times its time will not.</summary>
    private const double MostPatience = 8;

    /// <summary>A run that is late shortens its cases, down to this share of their time.</summary>
    private const double LeastShare = 0.25;

    private readonly long start = Stopwatch.GetTimestamp();
    private double left = planned;

    /// <summary>The share of its time that the next case gets at once, and how many times that it may take to become quiet.</summary>
    /// <param name="cost">Its seconds on a quiet machine.</param>
    public (double Share, double Patience) Next(double cost)
    {
        double remaining = seconds - Stopwatch.GetElapsedTime(start).TotalSeconds;
        double all = Math.Max(left, cost);
        left -= cost;
        return (Math.Clamp(remaining / all, LeastShare, 1), Math.Clamp(1 + (Generosity * (remaining - all) / all), 1, MostPatience));
    }
}
