using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using FastMlp.Diagnostics;

namespace FastMlp.Benchmarks.Peers;

/// <summary>Measures FastMlp and every rival that is installed, in turns, on one thread.</summary>
internal static class PeersCommand
{
    /// <summary>Single calls behind the 99th percentile.</summary>
    private const int LatencyCalls = 20_000;

    /// <param name="seconds">For each system in each case.</param>
    /// <param name="only">Part of a table's key or a case's name; null is everything.</param>
    /// <param name="note">A remark that stands above the figures.</param>
    /// <param name="save">Whether perf/results is written.</param>
    public static int Run(double seconds, string? only, string note, bool save)
    {
        PinToOneCore();
        List<Peer> peers = [new FastMlpPeer()];
        List<string> absent = [];
        foreach (Func<Peer> open in Rivals())
        {
            try
            {
                peers.Add(open());
            }
            catch (PeerAbsentException e)
            {
                absent.Add(e.Message);
                Console.WriteLine($"absent: {e.Message}");
            }
        }

        Interleaved interleaved = new() { WarmUp = TimeSpan.FromSeconds(Math.Min(0.5, seconds)) };
        List<PeerRow> rows = [];
        foreach (PeerTable table in PeerTable.All)
        {
            foreach (PeerCase one in table.Cases.Where(c => only is null || table.Key == only || c.Name.Contains(only, StringComparison.Ordinal)))
            {
                rows.Add(Measure(interleaved, table, one, peers, seconds));
            }
        }

        PeerReport report = new(
            Machine.ProcessorName,
            Machine.ProcessorKind,
            Machine.InstructionSet,
            Math.Round(interleaved.BestPeak, 1),
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.OSDescription,
            DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            note,
            new SortedDictionary<string, string>(peers.ToDictionary(p => p.Name, p => p.Version), StringComparer.Ordinal),
            absent,
            rows);
        foreach (Peer peer in peers)
        {
            peer.Dispose();
        }

        Console.WriteLine();
        Console.WriteLine(report.Markdown());
        if (save)
        {
            report.Save();
            Console.WriteLine($"Wrote perf/results/{Machine.ProcessorKind}/peers.md and peers.json.");
        }

        return 0;
    }

    private static IEnumerable<Func<Peer>> Rivals()
    {
        string script = Path.Combine(Checkout.Root, "perf", "peers.py");
        yield return () => new BlasPeer(new OpenBlas());
        yield return () => new BlasPeer(new OneDnn());
        yield return () => new OnnxRuntimePeer(Path.Combine(Checkout.Root, "artifacts", "peers"));
        yield return () => new FannPeer();
        yield return () => new TensorPrimitivesPeer();
        yield return () => new MathNetPeer();
        yield return () => PythonPeer.Open("torch", "PyTorch", script);
        yield return () => PythonPeer.Open("torch-jit", "PyTorch jit", script);
        yield return () => PythonPeer.Open("sklearn", "scikit-learn", script);
    }

    private static PeerRow Measure(Interleaved interleaved, PeerTable table, PeerCase one, List<Peer> peers, double seconds)
    {
        List<(Peer Peer, Func<int, double> Work)> able = [];
        foreach (Peer peer in peers)
        {
            try
            {
                if (one.Of(peer) is { } work)
                {
                    able.Add((peer, work));
                }
            }
            catch (InvalidOperationException e)
            {
                // A rival that cannot do one case must not cost the others theirs.
                Console.WriteLine($"{peer.Name} cannot do {one.Name}: {e.Message}");
            }
        }

        Measurement[] measured = interleaved.MeasureTimed([.. able.Select(a => (a.Work, one.Flop))], seconds);
        List<PeerFigure> figures = [];
        for (int i = 0; i < able.Count; i++)
        {
            (Peer peer, Func<int, double> work) = able[i];
            Measurement m = measured[i];
            if (!m.Settled)
            {
                Console.WriteLine($"{table.Key,-6} {one.Name,-32} {peer.Name,-18} did not settle: {m.Accepted} of {m.Taken} samples between undisturbed probes");
                continue;
            }

            double p99 = table.Key == "row" && peer is not PythonPeer ? Latency(work, 0.99) : 0;
            figures.Add(new PeerFigure(
                peer.Name, Round(m.Seconds * 1e6), Round(p99), Round(m.Gflops), Round(m.PeakRatio), Round(m.Spread), Round(m.AcceptedShare)));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{table.Key,-6} {one.Name,-32} {peer.Name,-18} {m.Seconds * 1e6,11:0.000} us {m.Gflops,7:0.0} GFLOP/s {100 * m.PeakRatio,6:0.0} %  spread {100 * m.Spread:0.0} %  accepted {100 * m.AcceptedShare:0} %"));
        }

        return new PeerRow(table.Key, one.Name, one.Rows, one.Flop, figures);
    }

    private static double Latency(Func<int, double> work, double quantile)
    {
        double[] seconds = new double[LatencyCalls];
        for (int i = 0; i < seconds.Length; i++)
        {
            seconds[i] = work(1);
        }

        Array.Sort(seconds);
        return seconds[(int)(quantile * (LatencyCalls - 1))] * 1e6;
    }

    private static double Round(double value) => Math.Round(value, 5);

    /// <summary>The last core that this process may use: the first one serves most interrupts.</summary>
    private static void PinToOneCore()
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            using Process self = Process.GetCurrentProcess();
            ulong allowed = (ulong)self.ProcessorAffinity;
            self.ProcessorAffinity = (nint)(1UL << System.Numerics.BitOperations.Log2(allowed));
        }
    }
}
