using System.Diagnostics;
using System.Globalization;
using FastMlp.Measuring;

namespace FastMlp.ServingBench;

/// <summary>Two models are published in turns. Their answers to the probe differ in every bit pattern, so an answer tells which one gave it.</summary>
internal static class Soak
{
    public static int Run(double seconds, int readers, int swapsPerSecond)
    {
        using Network odd = Sample.Network(1), even = Sample.Network(2);
        float[] x = Sample.Rows(1);
        float[][] answers = new float[2][];
        foreach (Network network in new[] { odd, even })
        {
            using Predictor predictor = network.Freeze();
            answers[network == odd ? 1 : 0] = new float[Sample.Outputs];
            predictor.Predict(x, answers[network == odd ? 1 : 0]);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Processor.Name}, {Environment.ProcessorCount} processors, {InstructionSet.Name}; 30-64-32-3, {readers} readers, {seconds} s each"));
        Console.WriteLine($"{"swaps/s",8} {"swaps",7} {"answers",11} {"wrong",6} {"stale",6} {"p50 us",7} {"p99 us",7} {"p99.9 us",9} {"models",6} {"collections",11} {"MB before",9} {"MB after",8}");
        bool right = true;
        foreach (int swaps in new[] { 0, swapsPerSecond, 0, swapsPerSecond })
        {
            right &= Round(odd, even, x, answers, seconds, readers, swaps);
        }

        return right ? 0 : 1;
    }

    private static bool Round(Network odd, Network even, float[] x, float[][] answers, double seconds, int readers, int swapsPerSecond)
    {
        using LiveModel live = new(new LiveModelOptions { Keep = 0 });
        live.Publish(odd);
        int latest = 1;
        using CancellationTokenSource done = new();
        long wrong = 0, stale = 0;
        List<long>[] samples = [.. Enumerable.Range(0, readers).Select(_ => new List<long>(4_000_000))];
        long[] counts = new long[readers];
        Thread[] threads = [.. Enumerable.Range(0, readers).Select(t => new Thread(() =>
        {
            float[] y = new float[Sample.Outputs];
            while (!done.IsCancellationRequested)
            {
                int least = Volatile.Read(ref latest);
                long start = Stopwatch.GetTimestamp();
                int number = live.Predict(x, y);
                long ticks = Stopwatch.GetTimestamp() - start;
                if (samples[t].Count < samples[t].Capacity)
                {
                    samples[t].Add(ticks);
                }

                counts[t]++;
                if (!y.AsSpan().SequenceEqual(answers[number % 2]))
                {
                    Interlocked.Increment(ref wrong);
                }

                if (number < least)
                {
                    Interlocked.Increment(ref stale);
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Thread.Sleep(1000);
        int collections = GC.CollectionCount(2);
        long before = WorkingSet();
        Stopwatch clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            if (swapsPerSecond > 0 && live.Swaps < clock.Elapsed.TotalSeconds * swapsPerSecond)
            {
                live.Publish(latest % 2 == 0 ? odd : even);
                Volatile.Write(ref latest, latest + 1);
            }
            else
            {
                Thread.Sleep(0);
            }
        }

        long after = WorkingSet();
        done.Cancel();
        Array.ForEach(threads, thread => thread.Join());
        double[] sorted = [.. samples.SelectMany(one => one).Select(ticks => 1e6 * ticks / Stopwatch.Frequency).Order()];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{swapsPerSecond,8} {live.Swaps,7} {counts.Sum(),11} {wrong,6} {stale,6} {At(sorted, 0.5),7:0.00} {At(sorted, 0.99),7:0.00} {At(sorted, 0.999),9:0.00} {live.ModelsInMemory,6} {GC.CollectionCount(2) - collections,11} {before / 1e6,9:0.0} {after / 1e6,8:0.0}"));
        return wrong == 0 && stale == 0;
    }

    private static double At(double[] sorted, double q) => sorted[(int)(q * (sorted.Length - 1))];

    private static long WorkingSet()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
