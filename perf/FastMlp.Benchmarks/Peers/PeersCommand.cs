using System.Globalization;
using System.Runtime.InteropServices;
using FastMlp.Benchmarks.Mnist;
using FastMlp.Diagnostics;

namespace FastMlp.Benchmarks.Peers;

/// <summary>What a run of the comparison is asked for.</summary>
/// <param name="Seconds">For each system in each case, on a quiet machine.</param>
/// <param name="Minutes">That the whole run may take when it must wait for quiet moments.</param>
/// <param name="Only">Part of a table's key or a case's name; null is everything.</param>
/// <param name="Note">A remark that stands above the figures.</param>
/// <param name="Save">Whether perf/results is written.</param>
/// <param name="Data">The folder with MNIST's files; null leaves out what needs real digits.</param>
/// <param name="Seeds">Networks to train on MNIST.</param>
internal sealed record PeersRequest(double Seconds, double Minutes, string? Only, string Note, bool Save, string? Data, int Seeds);

/// <summary>Measures FastMlp and every rival that is installed, in turns: on one thread, then what two threads gain, then learning MNIST.</summary>
internal sealed class PeersCommand
{
    /// <summary>Single calls behind the 99th percentile, and the time to spend on them.</summary>
    private const int LatencyCalls = 20_000;
    private const double LatencySeconds = 0.2;

    /// <summary>For code that another case has not warmed up.</summary>
    private static readonly TimeSpan warmUp = TimeSpan.FromSeconds(0.25);

    /// <summary>Between the batches of one layer little is new.</summary>
    private static readonly TimeSpan shortWarmUp = TimeSpan.FromSeconds(0.03);

    /// <summary>The part of a case's time that each of the many small batches gets from a rival, and from FastMlp, whose curve is held to 3 %.</summary>
    private const double FewShare = 0.25, OwnFewShare = 1;

    private readonly PeersRequest request;
    private readonly Cores cores = new();
    private readonly Interleaved interleaved = new() { Settles = true };
    private readonly List<Peer> peers = [];
    private readonly List<string> absent = [];
    private readonly List<PeerRow> rows = [];
    private readonly Dictionary<string, string> versions = [];

    private PeersCommand(PeersRequest request) => this.request = request;

    public static int Run(PeersRequest request)
    {
        try
        {
            new PeersCommand(request).Run();
            return 0;
        }
        catch (IOException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    /// <summary>Names the rivals that are here and those that are not, and measures nothing.</summary>
    public static int List()
    {
        PeersCommand command = new(new PeersRequest(1, 1, null, "", false, null, 0));
        command.Open(command.peers, Rivals(threads: 1));
        foreach (Peer peer in command.peers)
        {
            Console.WriteLine($"here: {peer.Name} {peer.Version}");
            peer.Dispose();
        }

        return 0;
    }

    private void Run()
    {
        Digits? digits = request.Data is null ? null : Digits.Load(request.Data);
        cores.UseLast();
        peers.Add(new FastMlpPeer());
        Open(peers, Rivals(threads: 1));
        IReadOnlyList<PeerTable> tables = PeerTable.OneThread(digits);
        double each = request.Seconds + warmUp.TotalSeconds;
        Schedule schedule = new(
            (60 * request.Minutes) - LaterSeconds(digits),
            tables.Where(t => t.Key != PeerTable.Few).Sum(t => t.Cases.Count(c => IsWanted(t, c)) * peers.Count * each));
        foreach (PeerTable table in tables.Where(table => table.Key != PeerTable.Few))
        {
            foreach (PeerCase one in table.Cases.Where(one => IsWanted(table, one)))
            {
                Measure(table, one, schedule.Next(peers.Count * each));
            }
        }

        PeerTable few = tables.Single(table => table.Key == PeerTable.Few);
        if (IsWanted(PeerTable.Few))
        {
            MeasureFew(few);
        }

        Close(peers);
        cores.UseAll();
        HalfAccuracy[] rounding = digits is not null && IsWanted(PeerTable.Row) ? [.. PeerTable.DigitNets.Select(digits.Rounding)] : [];
        double twoCores = IsWanted(PeerTable.Two) ? MeasureTwo() : 0;
        LearningTime[] learning = digits is not null && IsWanted("mnist") ? MnistCommand.Measure(digits, Recipe.Published(Environment.ProcessorCount), request.Seeds) : [];
        PeerReport report = new(
            Machine.ProcessorName,
            Machine.ProcessorKind,
            Machine.InstructionSet,
            Math.Round(interleaved.BestPeak, 1),
            Math.Round(twoCores, 1),
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.OSDescription,
            DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            request.Note,
            new SortedDictionary<string, string>(versions, StringComparer.Ordinal),
            absent,
            rows,
            rounding,
            learning);
        Console.WriteLine();
        Console.WriteLine(PeerMarkdown.Page(report));
        if (request.Save && request.Only is null)
        {
            report.Save();
            Console.WriteLine($"Wrote perf/results/{Machine.ProcessorKind}/: peers.json, peers.md and a chart for each table.");
        }
    }

    /// <summary>The rivals of one thread, or those that can use more of them.</summary>
    private static IEnumerable<Func<Peer>> Rivals(int threads)
    {
        string script = Path.Combine(Checkout.Root, "perf", "peers.py");
        if (threads > 1)
        {
            yield return () => PythonPeer.Open("torch", "PyTorch", script, threads);
            yield break;
        }

        yield return () => new BlasPeer(new OpenBlas());
        yield return () => new BlasPeer(new OneDnn());
        yield return () => new BlasPeer(new Blis(), onlyProducts: true);
        yield return () => new OnnxRuntimePeer(Checkout.PeerFolders);
        yield return () => new FannPeer();
        yield return () => new TensorPrimitivesPeer();
        yield return () => new MathNetPeer();
        yield return () => PythonPeer.Open("torch", "PyTorch", script);
        yield return () => PythonPeer.Open("torch-jit", "PyTorch jit", script);
        yield return () => PythonPeer.Open("sklearn", "scikit-learn", script);
    }

    private void Open(List<Peer> opened, IEnumerable<Func<Peer>> rivals)
    {
        foreach (Func<Peer> open in rivals)
        {
            try
            {
                opened.Add(open());
            }
            catch (PeerAbsentException e)
            {
                absent.Add(e.Message);
                Console.WriteLine($"absent: {e.Message}");
            }
        }

        foreach (Peer peer in opened)
        {
            versions[peer.Name] = peer.Version;
        }
    }

    private static void Close(List<Peer> opened)
    {
        foreach (Peer peer in opened)
        {
            peer.Dispose();
        }
    }

    private bool IsWanted(string key) => request.Only is null || request.Only == key;

    private bool IsWanted(PeerTable table, PeerCase one) => IsWanted(table.Key) || one.Name.Contains(request.Only!, StringComparison.Ordinal);

    /// <summary>About what the sections after the tables take; no case before them may use it up.</summary>
    private double LaterSeconds(Digits? digits)
    {
        const double FewRivals = 4, TwoSeconds = 25, SecondsPerSeed = 5;
        double few = IsWanted(PeerTable.Few)
            ? PeerTable.FewMost * ((((FewRivals * FewShare) + OwnFewShare) * request.Seconds) + ((FewRivals + 1) * shortWarmUp.TotalSeconds))
            : 0;
        return few + (IsWanted(PeerTable.Two) ? TwoSeconds : 0) + (digits is not null && IsWanted("mnist") ? SecondsPerSeed * request.Seeds : 0);
    }

    private void Measure(PeerTable table, PeerCase one, (double Share, double Patience) time)
    {
        List<(Peer Peer, Func<int, double> Work)> able = Able(one, peers);
        if (able.Count == 0)
        {
            return;
        }

        Measurement[] measured = interleaved.MeasureTimed(
            [.. able.Select(a => (a.Work, one.Flop))], request.Seconds * time.Share, warmUp, time.Patience);
        List<PeerFigure> figures = [];
        foreach (((Peer peer, Func<int, double> work), Measurement m) in able.Zip(measured))
        {
            double p99 = table.Key == PeerTable.Row ? peer.Quantile(work, 0.99, LatencySeconds, LatencyCalls) : 0;
            figures.Add(PeerFigure.Of(peer.Name, m, p99, Bytes(peer, work, m.Seconds)));
            Print(table.Key, one.Name, peer.Name, m);
        }

        rows.Add(new PeerRow(table.Key, one.Name, one.Rows, one.Flop, figures));
    }

    /// <summary>Peer by peer, all batches in turns: the shape of the curve is what counts, so its points must share their moments.</summary>
    private void MeasureFew(PeerTable table)
    {
        List<PeerFigure>[] figures = [.. table.Cases.Select(_ => new List<PeerFigure>())];
        foreach (Peer peer in peers)
        {
            if (Try(peer, table.Title, () => peer.Forward(PeerTable.FewLayer, [.. table.Cases.Select(one => one.Rows)])) is not { } works)
            {
                continue;
            }

            Measurement[] measured = interleaved.MeasureTimed(
                [.. works.Zip(table.Cases, (work, one) => (work, one.Flop))], (peer is FastMlpPeer ? OwnFewShare : FewShare) * request.Seconds, shortWarmUp, peer is FastMlpPeer ? 2 : 1);
            for (int i = 0; i < works.Count; i++)
            {
                figures[i].Add(PeerFigure.Of(peer.Name, measured[i], 0, Bytes(peer, works[i], measured[i].Seconds)));
            }

            foreach (int i in new[] { 0, 1, 2, 7, 15, 31, works.Count - 1 })
            {
                Print(table.Key, table.Cases[i].Name, peer.Name, measured[i]);
            }
        }

        rows.AddRange(table.Cases.Zip(figures, (one, f) => new PeerRow(table.Key, one.Name, one.Rows, one.Flop, f)));
    }

    /// <summary>The FMA peak of two cores, 0 where there is one.</summary>
    private double MeasureTwo()
    {
        if (cores.Count < 2)
        {
            absent.Add("A second core: this run was allowed one, so nothing is said about two threads.");
            return 0;
        }

        List<Peer> rivals = [];
        Open(rivals, Rivals(threads: 2));
        using TwoThreads two = new(rivals);
        foreach (PeerRow row in two.Measure(Math.Max(request.Seconds, 0.5), patience: 3))
        {
            rows.Add(row);
            foreach (PeerFigure figure in row.Figures)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{PeerTable.Two,-8} {row.Case,-38} {figure.Peer,-20} {figure.Microseconds,11:0.000} us"));
            }
        }

        Close(rivals);
        return two.BestPeak;
    }

    private static List<(Peer Peer, Func<int, double> Work)> Able(PeerCase one, IEnumerable<Peer> candidates)
    {
        List<(Peer Peer, Func<int, double> Work)> able = [];
        foreach (Peer peer in candidates)
        {
            if (Try(peer, one.Name, () => one.Of(peer)) is { } work)
            {
                able.Add((peer, work));
            }
        }

        return able;
    }

    /// <summary>A rival that cannot do one case must not cost the others theirs.</summary>
    private static T? Try<T>(Peer peer, string name, Func<T?> make)
        where T : class
    {
        try
        {
            return make();
        }
        catch (InvalidOperationException e)
        {
            Console.WriteLine($"{peer.Name} cannot do {name}: {e.Message}");
            return null;
        }
    }

    /// <summary>Managed bytes of a call, over as many calls as fit in 50 ms.</summary>
    private static double? Bytes(Peer peer, Func<int, double> work, double seconds) =>
        peer.IsManaged ? SingleCalls.AllocatedBytes(repeats => work(repeats), (int)Math.Clamp(0.05 / seconds, 1, 16)) : null;

    private static void Print(string table, string name, string peer, Measurement m) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{table,-8} {name,-38} {peer,-18} {m.Seconds * 1e6,11:0.000} us {m.Gflops,7:0.0} GFLOP/s {100 * m.PeakRatio,6:0.0} %  spread {100 * m.Spread:0.0} %  accepted {m.Accepted} of {m.Taken}{(m.Settled ? "" : "  DISTURBED")}"));
}
