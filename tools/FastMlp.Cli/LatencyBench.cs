using System.Globalization;
using System.Text.Json;
using FastMlp.Measuring;

namespace FastMlp.Cli;

/// <summary><c>fastmlp bench --latency</c>: what a caller of one network waits for at a steady rate, alone, on all cores at once, and beside a thread that forces collections.</summary>
internal sealed class LatencyBench(Predictor predictor, string name, double rate, double seconds)
{
    private readonly List<(string Where, int Rows, int Threads, Latencies Seen)> lines = [];

    public void Run(int[] batches)
    {
        predictor.Warmup(batches.Max());
        foreach (int rows in batches)
        {
            Add("alone", rows, 1, collects: false);
        }

        Add("all cores at once", batches[0], Environment.ProcessorCount, collects: false);
        Add("beside collections of every generation", batches[0], 1, collects: true);
    }

    public void Write(TextWriter output)
    {
        output.WriteLine(Invariant($"{Processor.Name}, {InstructionSet.Name}"));
        output.WriteLine(Invariant($"Predictor.Predict, {name}, {rate:0} calls a second on each thread, from when a call was due, in us"));
        output.WriteLine();
        output.WriteLine($"{"rows",6} {"threads",7} {"p50",8} {"p99",8} {"p99.9",9} {"p99.99",9} {"most",9}");
        foreach ((string where, int rows, int threads, Latencies seen) in lines)
        {
            output.WriteLine(Invariant($"{rows,6} {threads,7} {1e6 * seen.P50,8:0.00} {1e6 * seen.P99,8:0.00} {1e6 * seen.P999,9:0.0} {1e6 * seen.P9999,9:0.0} {1e6 * seen.Most,9:0.0}  {where}"));
        }
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("processor", Processor.Name);
        json.WriteString("instructionSet", InstructionSet.Name);
        json.WriteString("model", name);
        json.WriteNumber("callsPerSecond", rate);
        json.WriteStartArray("latency");
        foreach ((string where, int rows, int threads, Latencies seen) in lines)
        {
            json.WriteStartObject();
            json.WriteString("where", where);
            json.WriteNumber("rows", rows);
            json.WriteNumber("threads", threads);
            json.WriteNumber("calls", seen.Calls);
            foreach ((string quantile, double value) in new[] { ("p50", seen.P50), ("p99", seen.P99), ("p999", seen.P999), ("p9999", seen.P9999), ("most", seen.Most) })
            {
                json.WriteNumber(quantile + "Microseconds", Math.Round(1e6 * value, 3));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Add(string where, int rows, int threads, bool collects)
    {
        using CancellationTokenSource done = new();
        Thread? collector = collects ? new Thread(() => Collect(done.Token)) { IsBackground = true } : null;
        collector?.Start();
        OpenLoop[] loops = [.. Enumerable.Range(0, threads).Select(_ => new OpenLoop())];
        Thread[] callers = [.. loops.Select(loop => new Thread(() => Call(loop, rows)))];
        Array.ForEach(callers, caller => caller.Start());
        Array.ForEach(callers, caller => caller.Join());
        done.Cancel();
        collector?.Join();
        for (int i = 1; i < loops.Length; i++)
        {
            loops[0].Add(loops[i]);
        }

        lines.Add((where, rows, threads, loops[0].Summary()));
    }

    private void Call(OpenLoop loop, int rows)
    {
        float[] x = [.. Enumerable.Range(0, rows * predictor.InputSize).Select(i => MathF.Sin(i + 1))];
        float[] y = new float[rows * predictor.OutputSize];
        loop.Run(() => predictor.Predict(x, y), rate, seconds);
    }

    /// <summary>Allocates some megabytes that live for a while, and collects generation after generation.</summary>
    private static void Collect(CancellationToken done)
    {
        byte[][] kept = new byte[64][];
        for (int i = 0; !done.IsCancellationRequested; i++)
        {
            kept[i % kept.Length] = new byte[50_000 + i % 1000];
            if (i % 100 == 0)
            {
                GC.Collect(i / 100 % 3);
            }

            Thread.Sleep(0);
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
