using System.Diagnostics;
using System.Globalization;

namespace FastMlp.PerfGuard;

/// <summary>
/// Runs two builds side by side and judges every case. A worker process of each build is alive at the same time; they take turns of a few
/// milliseconds, so that clock, heat and neighbours fall on both, and only ratios of neighbouring turns count. Code and memory lie elsewhere
/// in each process, which moves a case by some per cent: so there are several pairs of processes, and each pair has one vote.
/// </summary>
/// <param name="program">This build.</param>
/// <param name="other">The other build.</param>
/// <param name="injection">A slowdown of this build, to test the gate.</param>
/// <param name="limit">Time to measure.</param>
internal sealed class Gate(string program, string other, Injection? injection, TimeSpan limit)
{
    /// <summary>A turn takes about this long: a thousand times what passing it to the other process costs.</summary>
    private const double TurnSeconds = 3e-3;

    /// <summary>Turns of each side in a pair of processes. The median of their ratios moves by less than 1 % where single ratios scatter by 5 %.</summary>
    private const int Turns = 24;

    /// <summary>Where more than this share of the cases cannot be judged, the machine is too noisy to say anything about the others.</summary>
    private const double NoisyShare = 0.2;

    private readonly string[] names = [.. GuardCase.Names];
    private readonly Stopwatch clock = Stopwatch.StartNew();

    public int Run(TextWriter output)
    {
        List<Result>[] results = [.. names.Select(_ => new List<Result>())];
        bool isLate = false;
        for (int pair = 0; pair < Rule.MostPairs && !isLate; pair++)
        {
            int[] open = [.. Enumerable.Range(0, names.Length).Where(i => Rule.WantsMore(Changes(results[i])))];
            if (open.Length == 0)
            {
                break;
            }

            isLate = !MeasurePair(open, pair, results);
        }

        return Report(output, results);
    }

    private static double[] Changes(List<Result> results) => [.. results.Select(result => result.Change)];

    /// <summary>One pair of processes, all open cases; false if the time ran out in it.</summary>
    private bool MeasurePair(int[] open, int pair, List<Result>[] results)
    {
        using Side before = new(other, null);
        using Side now = new(program, injection);
        before.WaitUntilReady();
        now.WaitUntilReady();
        int core = pair % Environment.ProcessorCount;
        before.PinTo(core);
        now.PinTo(core);
        foreach (int i in open)
        {
            if (clock.Elapsed > limit)
            {
                return false;
            }

            results[i].Add(MeasureCase(before, now, i));
        }

        return true;
    }

    private static Result MeasureCase(Side before, Side now, int index)
    {
        int repeats = 1;
        while (repeats < 1 << 20 && repeats * before.Time(index, repeats) < TurnSeconds / 2)
        {
            repeats *= 2;
        }

        double[] ratios = new double[Turns];
        double[] times = new double[Turns];
        for (int turn = 0; turn < Turns; turn++)
        {
            // Each side goes first in every second turn, so that a steady rise or fall cancels.
            double first = turn % 2 == 0 ? before.Time(index, repeats) : now.Time(index, repeats);
            double second = turn % 2 == 0 ? now.Time(index, repeats) : before.Time(index, repeats);
            (double old, double present) = turn % 2 == 0 ? (first, second) : (second, first);
            ratios[turn] = old / present;
            times[turn] = present;
        }

        return new Result(Rule.Median(ratios) - 1, Rule.Median(times) * 1e6);
    }

    private int Report(TextWriter output, List<Result>[] results)
    {
        int width = names.Max(name => name.Length);
        output.WriteLine($"{"case".PadRight(width)}  {"us/call",9}  {"change",7}  {"from",7}  {"to",7}  pairs  verdict");
        Dictionary<Verdict, List<string>> verdicts = Enum.GetValues<Verdict>().ToDictionary(verdict => verdict, _ => new List<string>());
        for (int i = 0; i < names.Length; i++)
        {
            double[] changes = Changes(results[i]);
            Verdict verdict = Rule.Judge(changes);
            verdicts[verdict].Add(names[i]);
            double time = Rule.Median(results[i].Select(result => result.Microseconds));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{names[i].PadRight(width)}  {time,9:0.000}  {Percent(Rule.Median(changes)),7}  {Percent(changes.DefaultIfEmpty(double.NaN).Min()),7}  {Percent(changes.DefaultIfEmpty(double.NaN).Max()),7}  {changes.Length,5}  {Text(verdict)}"));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"change: of speed, the median over pairs of processes; below 0 is slower. {clock.Elapsed.TotalSeconds:0} s."));
        List(output, "Faster", verdicts[Verdict.Faster]);
        List(output, "Too noisy to judge", verdicts[Verdict.TooNoisy]);
        List(output, $"Slower by more than {100 * Rule.Limit:0} %", verdicts[Verdict.Slower]);
        if (verdicts[Verdict.Slower].Count > 0)
        {
            return 1;
        }

        if (verdicts[Verdict.TooNoisy].Count > NoisyShare * names.Length)
        {
            output.WriteLine("The machine was too noisy to judge. Nothing is said about the code: run again when it is idle.");
        }

        return 0;
    }

    private static void List(TextWriter output, string title, List<string> cases)
    {
        if (cases.Count > 0)
        {
            output.WriteLine($"{title}: {string.Join("; ", cases)}.");
        }
    }

    private static string Text(Verdict verdict) => verdict switch
    {
        Verdict.Same => "same",
        Verdict.Faster => "faster",
        Verdict.Slower => "SLOWER",
        _ => "too noisy",
    };

    private static string Percent(double value) => double.IsNaN(value) ? "-" : (100 * value).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture) + "%";

    /// <param name="Change">Old time / new time - 1, the median over the turns of a pair of processes.</param>
    /// <param name="Microseconds">A call of this build.</param>
    private readonly record struct Result(double Change, double Microseconds);
}
