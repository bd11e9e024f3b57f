using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using FastMlp.Benchmarks.Mnist;
using FastMlp.Benchmarks.Rivals;
using FastMlp.Measuring;

namespace FastMlp.Benchmarks;

/// <summary>Measures FastMlp and every rival that is installed, in turns, and stores each table when it is done.</summary>
/// <param name="seconds">For each system in each case, on a quiet machine.</param>
/// <param name="only">The keys of the tables to measure; all if empty.</param>
/// <param name="data">The folder with MNIST's files; null leaves the learning times out.</param>
/// <param name="saves">Whether perf/results is written.</param>
internal sealed class CompareCommand(double seconds, string[] only, string? data, bool saves)
{
    /// <summary>Single calls behind the 99th percentile, and the time to spend on them.</summary>
    private const int LatencyCalls = 20_000;
    private const double LatencySeconds = 0.1;

    /// <summary>The name of the learning times among the tables.</summary>
    private const string Learning = "mnist";

    private readonly Interleaved interleaved = new() { WarmUp = TimeSpan.FromSeconds(0.2), Patience = 2 };
    private readonly Results results = Start();

    public int Run()
    {
        foreach (Table table in Table.All.Where(table => IsWanted(table.Key)))
        {
            bool isTwo = table.Key == Table.Threads;
            UseCores(isTwo ? Environment.ProcessorCount : 1);
            List<Rival> rivals = Open(isTwo
                ? [() => new FastMlpRival(), () => new FastMlpRival(threads: 2), () => new TorchSharpRival(threads: 2)]
                : [
                    () => new FastMlpRival(), () => new FastMlpRival(format: WeightFormat.BFloat16),
                    () => new OnnxRuntimeRival(binds: true), () => new OnnxRuntimeRival(binds: false), () => new MlNetRival(),
                    () => new TorchSharpRival(), () => new TensorPrimitivesRival(), () => new ScikitLearnRival(),
                ]);
            ResultRow[] rows = [.. table.Cases.Select(one => Measure(table, one, rivals)).OfType<ResultRow>()];
            rivals.ForEach(rival => rival.Dispose());
            results.Tables.RemoveAll(old => old.Key == table.Key);
            results.Tables.Add(new ResultTable(table.Key, DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Math.Round(interleaved.BestPeak, 1), rows));
            Save();
        }

        if (data is not null && IsWanted(Learning))
        {
            UseCores(Environment.ProcessorCount);
            results.Learning.Clear();
            results.Learning.AddRange(MnistCommand.Measure(data, Recipe.Published(Environment.ProcessorCount), seeds: 10));
            Save();
        }

        return 0;
    }

    /// <summary>Names the systems that are here and those that are not.</summary>
    public int List()
    {
        List<Rival> rivals = Open([() => new OnnxRuntimeRival(binds: true), () => new MlNetRival(), () => new TorchSharpRival(), () => new TensorPrimitivesRival(), () => new ScikitLearnRival()]);
        rivals.ForEach(rival => Console.WriteLine($"here: {rival.Name} {rival.Version}"));
        rivals.ForEach(rival => rival.Dispose());
        return 0;
    }

    private static Results Start()
    {
        Results? stored = Results.Load(Processor.Kind);
        return new Results(
            Processor.Name, Processor.Kind, InstructionSet.Name, RuntimeInformation.FrameworkDescription, RuntimeInformation.OSDescription,
            stored?.Versions ?? [], [], stored?.Tables ?? [], stored?.Learning ?? []);
    }

    private bool IsWanted(string key) => only.Length == 0 || only.Contains(key);

    private List<Rival> Open(IEnumerable<Func<Rival>> constructors)
    {
        List<Rival> opened = [];
        foreach (Func<Rival> construct in constructors)
        {
            try
            {
                Rival rival = construct();
                opened.Add(rival);
                results.Versions[rival.Name] = rival.Version;
            }
            catch (RivalAbsentException e)
            {
                results.Absent[e.Message.Split(':')[0]] = e.Message;
                Console.WriteLine($"absent: {e.Message}");
            }
        }

        return opened;
    }

    private ResultRow? Measure(Table table, Case one, List<Rival> rivals)
    {
        (Rival Rival, Func<int, double> Work)[] able = [.. rivals.Select(rival => (rival, one.Of(rival))).Where(pair => pair.Item2 is not null).Select(pair => (pair.rival, pair.Item2!))];
        Measurement[] measured = interleaved.MeasureTimed([.. able.Select(a => (a.Work, one.Flop))], seconds);
        List<Figure> figures = [];
        foreach (((Rival rival, Func<int, double> work), Measurement m) in able.Zip(measured))
        {
            double p99 = 0;
            if (table.Key == Table.OneRow && rival.IsInProcess)
            {
                double[] sorted = SingleCalls.Microseconds(repeats => work(repeats), LatencySeconds, LatencyCalls);
                p99 = sorted[(int)(0.99 * (sorted.Length - 1))];
            }

            // As many calls as fit in 20 ms, 16 at most.
            double? bytes = rival.IsInProcess ? SingleCalls.AllocatedBytes(repeats => work(repeats), (int)Math.Clamp(0.02 / m.Seconds, 1, 16)) : null;
            figures.Add(Figure.Of(rival.Name, m, p99, bytes));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{table.Key,-8} {one.Name,-32} {rival.Name,-26} {m.Seconds * 1e6,11:0.000} us {100 * m.PeakRatio,6:0.0} % of peak, spread {100 * m.Spread:0.0} %, {m.Accepted} of {m.Taken} samples{(m.Settled ? "" : ", DISTURBED")}"));
        }

        return figures.Exists(figure => figure.IsOwn) ? new ResultRow(one.Name, one.Rows, one.Flop, figures) : null;
    }

    private void Save()
    {
        if (saves)
        {
            Console.WriteLine($"Wrote {results.Save()}.");
        }
    }

    /// <summary>The last cores only: the first serves most interrupts. Processes that are started from then on inherit it.</summary>
    private static void UseCores(int count)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            using Process self = Process.GetCurrentProcess();
            int all = Environment.ProcessorCount;
            self.ProcessorAffinity = (nint)(((1L << count) - 1) << (all - count));
        }
    }
}
