using FastMlp.Measuring;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Measuring;

/// <summary>The sampler against a machine that the test plays: what the probes see and what a call takes are given, nothing is timed.</summary>
public class InterleavedTests
{
    private const double Quiet = 100;
    private const double Call = 2e-3;

    private static readonly TimeSpan none = TimeSpan.Zero;

    [Fact]
    public void AMedianIsOfTheQuietSamplesAlone()
    {
        // Every second pair of probes is disturbed, and the work between them is twice as slow: two good probes stand around
        // samples 0, 4, 8 and so on.
        int probes = 0, calls = 0;
        Interleaved interleaved = new(() => (probes++ % 4 < 2 ? Quiet : Quiet / 2, Quiet)) { WarmUp = none };
        Measurement m = Measure(interleaved, _ => calls++ % 4 == 0 ? Call : 2 * Call, flop: 1e6);

        Assert.True(m.Settled);
        Assert.Equal(Quiet, m.BestPeak);
        Assert.Equal(Call, m.Seconds, 1e-9);
        Assert.Equal(1e6 / Call / 1e9, m.Gflops, 1e-9);
        Assert.Equal(1e6 / Call / 1e9 / Quiet, m.PeakRatio, 1e-9);
        Assert.Equal(0, m.Spread, 1e-9);
        Assert.InRange(m.AcceptedShare, 0.2, 0.3);
    }

    [Fact]
    public void ANeighbourInTheCacheDisturbsToo()
    {
        int probes = 0, calls = 0;
        Interleaved interleaved = new(() => (Quiet, probes++ % 4 < 2 ? Quiet : Quiet / 2)) { WarmUp = none };
        Measurement m = Measure(interleaved, _ => calls++ % 4 == 0 ? Call : 2 * Call, flop: 0);

        Assert.True(m.Settled);
        Assert.Equal(Call, m.Seconds, 1e-9);
        Assert.Equal(0, m.Gflops);
    }

    [Fact]
    public void WithoutQuietSamplesTheFastestQuarterStandsAndIsMarked()
    {
        // Good probes come one in ten, never two in a row; the times run through four values.
        int probes = 0, calls = 0;
        Interleaved interleaved = new(() => (probes++ % 10 == 0 ? Quiet : Quiet / 2, Quiet)) { WarmUp = none };
        Measurement m = Measure(interleaved, _ => Call * (1 + (calls++ % 4)), flop: 1e6);

        Assert.False(m.Settled);
        Assert.Equal(0, m.Accepted);
        Assert.InRange(m.Seconds, Call, 2 * Call);
        Assert.Equal(1e6 / m.Seconds / 1e9 / m.BestPeak, m.PeakRatio, 1e-9);
        Assert.True(m.Spread > 0.5);
    }

    [Fact]
    public void WhatComesAfterAnothersTurnIsLeftOut()
    {
        // Two kinds of work drive each other's data out of the caches: the first call of a turn takes four times as long, of some ten.
        const double Once = 1e-4;
        int last = 0;
        Interleaved interleaved = new(() => (Quiet, Quiet)) { WarmUp = none };
        Measurement[] m = interleaved.MeasureTimed([(repeats => Work(1, repeats), 0), (repeats => Work(2, repeats), 0)], 0.01);

        Assert.All(m, one => Assert.Equal(1, one.Seconds / Once, 1e-6));

        double Work(int self, int repeats)
        {
            double cold = last == self ? 0 : 3 * Once;
            last = self;
            return (repeats * Once) + cold;
        }
    }

    [Fact]
    public void WorkThatIsASampleByItselfIsNotDoneTwice()
    {
        int calls = 0;
        Interleaved interleaved = new(() => (Quiet, Quiet)) { WarmUp = none };
        Measurement[] m = interleaved.MeasureTimed([(_ => Call * (1 + (calls++ % 2)), 0), (_ => Call, 0)], 0.01);

        // Samples take every call, fast and slow: were one in two left out, the spread would be 0.
        Assert.True(m[0].Spread > 0.4);
    }

    [Fact]
    public void PatienceWaitsForQuietSamples()
    {
        const int Probes = 2000;
        Measurement hasty = Noisy(0, patience: 1).MeasureTimed([(_ => Call, 0)], 0.001)[0];
        Assert.False(hasty.Settled);

        Measurement waited = Noisy(Probes, patience: 10_000).MeasureTimed([(_ => Call, 0)], 0.001)[0];
        Assert.True(waited.Settled);
        Assert.True(waited.Taken > Probes, $"{waited.Taken} samples");

        // No two probes in a row are near the best, until so many are done (0 is never); each takes a moment, which bounds their number.
        static Interleaved Noisy(int until, double patience)
        {
            int probes = 0;
            return new Interleaved(() =>
            {
                Thread.SpinWait(100);
                return (until > 0 && probes > until ? Quiet : 40 + (10 * (probes++ % 5)), Quiet);
            })
            {
                WarmUp = none,
                Patience = patience,
            };
        }
    }

    [Fact]
    public void EveryPieceOfWorkIsSampledEvenIfOneTakesAllTheTime()
    {
        Interleaved interleaved = new(() => (Quiet, Quiet)) { WarmUp = none };
        Measurement[] both = interleaved.MeasureTimed([(_ => 1e6, 0), (_ => Call, 0)], 0.02);

        Assert.Equal(Interleaved.FewestSamples, both[0].Taken);
        Assert.True(both[1].Taken > 10 * both[0].Taken, $"{both[1].Taken} samples of the fast work");
        Assert.All(both, m => Assert.True(m.Settled));
    }

    [Fact]
    public void TakesTurns()
    {
        List<int> order = [];
        Interleaved interleaved = new(() => (Quiet, Quiet)) { WarmUp = none };
        interleaved.MeasureTimed([(_ => Note(0), 0), (_ => Note(1), 0), (_ => Note(2), 0)], 0.005);

        // Behind the calls that find the number of repeats.
        int[] turns = [.. order[^9..]];
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal((turns[i] + 1) % 3, turns[i + 1]));

        double Note(int which)
        {
            order.Add(which);
            return Call;
        }
    }

    [Fact]
    public void RealWorkIsMeasured()
    {
        long done = 0;
        Interleaved interleaved = new() { WarmUp = TimeSpan.FromMilliseconds(1) };
        Measurement m = interleaved.Measure(
            repeats =>
            {
                for (int i = 0; i < repeats; i++)
                {
                    Thread.SpinWait(20);
                    done++;
                }
            },
            0,
            0.01);

        Assert.True(m.Taken >= Interleaved.FewestSamples);
        Assert.True(done >= m.Taken);
        Assert.True(m.Seconds > 0 && m.BestPeak > 0);
    }

    [Fact]
    public void NoTimeIsRefused() => Refusal.Names(() => new Interleaved().Measure(_ => { }, 0, 0), "above 0");

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 2.5)]
    [InlineData(1, 4)]
    public void QuantilesLieBetweenTheValues(double q, double wanted) =>
        Assert.Equal(wanted, Interleaved.Quantile([4, 1, 3, 2], q), 1e-12);

    private static Measurement Measure(Interleaved interleaved, Func<int, double> work, double flop)
    {
        // Calibration asks work until it has a time: one call, as Call is longer than a sample. It must not shift the pattern.
        int skipped = 0;
        return interleaved.MeasureTimed([(repeats => skipped++ == 0 ? Call : work(repeats), flop)], 0.01)[0];
    }
}
