using System.Diagnostics;
using FastMlp.Diagnostics;
using FastMlp.Kernels;

namespace FastMlp.Benchmarks.Peers;

/// <summary>
/// What two threads gain over one, in turns. A moment is quiet if both cores ran the FMA probe near the best sum of the two, and the
/// slower of them the product in L1 near its best: a neighbour on the other hardware thread of either core shows there alone.
/// </summary>
internal sealed class TwoThreads : IDisposable
{
    public const string OneThread = PeerReport.Own + ", one thread";

    private const double ProbeMilliseconds = 0.5;
    private const int CacheRepeats = 100;

    private static readonly TimeSpan warmUp = TimeSpan.FromSeconds(0.5);

    private readonly SecondThread second = new();
    private readonly Interleaved interleaved;
    private readonly List<(string Name, int Rows, double Flop, (string Peer, Func<int, double>? Work)[] Works)> cases = [];
    private readonly Action<int> own;
    private readonly Action<int> other;
    private (double Fma, double Cache) ownRates;
    private (double Fma, double Cache) otherRates;

    /// <param name="rivals">Rivals that were told to use two threads.</param>
    public TwoThreads(IReadOnlyList<Peer> rivals)
    {
        own = _ => ownRates = ProbeCore();
        other = _ => otherRates = ProbeCore();
        interleaved = new Interleaved(Probe) { Settles = true };
        Workload wide = PeerTable.Wide, epoch = PeerTable.Epoch;
        const int Rows = 256;
        Add(
            PeerTable.EpochCase, PeerTable.EpochRows, epoch.StepFlop(PeerTable.EpochRows),
            FastMlpPeer.Step(epoch, PeerTable.EpochRows, adam: true, threads: 2), FastMlpPeer.Step(epoch, PeerTable.EpochRows, adam: true, threads: 1),
            peer => peer.Step(epoch, PeerTable.EpochRows, adam: true));
        Add(
            PeerTable.TrainCase, Rows, wide.StepFlop(Rows),
            FastMlpPeer.Step(wide, Rows, adam: false, threads: 2), FastMlpPeer.Step(wide, Rows, adam: false, threads: 1),
            peer => peer.Step(wide, Rows, adam: false));
        Add(
            PeerTable.PredictCase, Rows, wide.ForwardFlop(Rows),
            FastMlpPeer.ForwardByTwo(wide, Rows, second), new FastMlpPeer().Forward(wide, Rows),
            peer => peer.Forward(wide, Rows));

        void Add(string name, int rows, double flop, Func<int, double> two, Func<int, double> one, Func<Peer, Func<int, double>?> rival) =>
            cases.Add((name, rows, flop, [(PeerReport.Own, two), (OneThread, one), .. rivals.Select(peer => (peer.Name, rival(peer)))]));
    }

    /// <summary>The FMA peak of both cores at once.</summary>
    public double BestPeak => interleaved.BestPeak;

    public IEnumerable<PeerRow> Measure(double seconds, double patience)
    {
        foreach ((string name, int rows, double flop, (string Peer, Func<int, double>? Work)[] works) in cases)
        {
            // Rivals' threads go on spinning for a while after their work, on the core that FastMlp's second thread wants: they have turns of their own.
            List<PeerFigure> figures = [];
            foreach (bool isOwn in new[] { true, false })
            {
                (string Peer, Func<int, double> Work)[] able =
                    [.. works.Where(w => w.Work is not null && w.Peer.StartsWith(PeerReport.Own, StringComparison.Ordinal) == isOwn).Select(w => (w.Peer, w.Work!))];
                if (able.Length > 0)
                {
                    Measurement[] measured = interleaved.MeasureTimed([.. able.Select(w => (w.Work, flop))], seconds, warmUp, patience);
                    figures.AddRange(able.Zip(measured, (one, m) => PeerFigure.Of(
                        one.Peer, m, 0, isOwn ? SingleCalls.AllocatedBytes(repeats => one.Work(repeats)) : null)));
                }
            }

            yield return new PeerRow(PeerTable.Two, name, rows, flop, figures);
        }
    }

    public void Dispose() => second.Dispose();

    private (double Fma, double Cache) Probe()
    {
        second.RunBoth(own, other, 1);
        return (ownRates.Fma + otherRates.Fma, Math.Min(ownRates.Cache, otherRates.Cache));
    }

    private static (double Fma, double Cache) ProbeCore()
    {
        double fma = FmaPeak.MeasureGflops(ProbeMilliseconds);
        long start = Stopwatch.GetTimestamp();
        CacheProbe.Run(CacheRepeats);
        return (fma, CacheRepeats / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }
}
