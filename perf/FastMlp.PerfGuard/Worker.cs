using System.Diagnostics;
using System.Globalization;

namespace FastMlp.PerfGuard;

/// <summary>
/// One build's side of the comparison, in a process of its own. It reads lines <c>case repeats</c>, does the work, and answers with the
/// seconds of one call.
/// </summary>
internal static class Worker
{
    public const string Ready = "ready";

    public static int Serve(TextReader input, TextWriter output, Injection? injection)
    {
        GuardCase[] cases = [.. GuardCase.All().Select(one => injection?.Apply(one) ?? one)];
        foreach (GuardCase one in cases)
        {
            one.Work(1);
        }

        output.WriteLine(Ready);
        output.Flush();
        while (input.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            output.WriteLine(Time(cases[int.Parse(words[0], CultureInfo.InvariantCulture)].Work, int.Parse(words[1], CultureInfo.InvariantCulture)).ToString("R", CultureInfo.InvariantCulture));
            output.Flush();
        }

        return 0;
    }

    /// <summary>Seconds of one call. The first turn is not timed: it brings the data back into the caches, which the other side had.</summary>
    private static double Time(Action<int> work, int repeats)
    {
        work(repeats);
        long start = Stopwatch.GetTimestamp();
        work(repeats);
        return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
    }
}
