using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using FastMlp.Cli.Arguments;
using FastMlp.Measuring;

namespace FastMlp.Cli;

/// <summary><c>fastmlp bench</c>: how fast this machine predicts and trains, beside the FMA peak measured in between.</summary>
internal sealed class BenchCommand : CliCommand
{
    /// <summary>The dense layer and the network that FastMlp states its speed with.</summary>
    private static readonly int[] referenceLayer = [784, 512];
    private static readonly int[] referenceNetwork = [784, 512, 512, 10];
    private const int ReferenceRows = 128;

    /// <summary>Enough single calls for the 99.9th percentile to rest on a thousand of them.</summary>
    private const int MostLatencies = 1_000_000;

    /// <summary>The weights, and with them the work, should stay what they are however long it takes.</summary>
    private const float LearningRate = 1e-5f;

    private readonly Option<string> layers = new("--layers")
    {
        HelpName = "N,N,...",
        Description = "Inputs, then the units of each layer [default: 784,128,10]",
        DefaultValueFactory = _ => "784,128,10",
    };

    private readonly Option<string> batch = new("--batch")
    {
        HelpName = "N,N,...",
        Description = "Rows in a call; several to compare [default: 1,32,256]",
        DefaultValueFactory = _ => "1,32,256",
    };

    private readonly Option<int> threads = new("--threads")
    {
        HelpName = "N",
        Description = "Threads that a training step may use; prediction runs on the caller's [default: 1]",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double> seconds = new("--seconds")
    {
        HelpName = "X",
        Description = "Time for each figure [default: 1]",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<bool> latency = new("--latency")
    {
        Description = "Only the latency of predictions at a steady rate: alone, on all cores at once, beside collections",
    };

    private readonly Option<string?> model = new("--model")
    {
        HelpName = "MODEL",
        Description = "With --latency: measure this model in place of --layers",
    };

    private readonly Option<double> rate = new("--rate")
    {
        HelpName = "N",
        Description = "With --latency: calls a second on each thread [default: 10000]",
        DefaultValueFactory = _ => 10_000,
    };

    public BenchCommand(CommandContext context)
        : base(context, "bench", "Measure latency, rows per second, training steps per second and the share of the FMA peak.")
    {
        Add(layers);
        Add(batch);
        Add(threads);
        Add(seconds);
        Add(latency);
        Add(model);
        Add(rate);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "fastmlp bench",
        "fastmlp bench --layers 784,512,512,10 --batch 1,64 --seconds 3",
        "fastmlp bench --latency --model iris.safetensors --rate 20000 --seconds 10",
    ];

    protected override int Run(ParseResult parsed)
    {
        int[] sizes = Sizes(parsed.GetValue(layers)!, "--layers", 2);
        int[] batches = Sizes(parsed.GetValue(batch)!, "--batch", 1);
        int threadCount = parsed.GetValue(threads);
        double time = parsed.GetValue(seconds);
        if (threadCount < 1 || threadCount > Environment.ProcessorCount)
        {
            throw new UsageException($"--threads is from 1 to {Environment.ProcessorCount} on this machine, not {threadCount}.");
        }

        if (time is not (> 0 and <= 600))
        {
            throw new UsageException("--seconds is above 0 and at most 600.");
        }

        if (parsed.GetValue(latency))
        {
            return Latency(parsed, sizes, batches, time);
        }

        if (parsed.GetValue(model) is not null)
        {
            throw new UsageException("--model is for --latency; without it bench builds networks of --layers.");
        }

        Report report = Measure(sizes, batches, threadCount, time);
        if (AsJson(parsed))
        {
            Console.WriteJson(report.Write);
        }
        else
        {
            report.Write(Console.Output);
        }

        return ExitCode.Done;
    }

    private int Latency(ParseResult parsed, int[] sizes, int[] batches, double time)
    {
        if (parsed.GetValue(rate) is not (>= 1 and <= 10_000_000))
        {
            throw new UsageException("--rate is from 1 to 10000000.");
        }

        string? path = parsed.GetValue(model);
        using Network network = path is null ? Build(sizes, Activation.Relu, Output(sizes)) : Network.Load(path);
        using Predictor predictor = network.Freeze();
        LatencyBench bench = new(predictor, path is null ? Text(sizes) : Path.GetFileName(path), parsed.GetValue(rate), time);
        bench.Run(batches);
        if (AsJson(parsed))
        {
            Console.WriteJson(bench.Write);
        }
        else
        {
            bench.Write(Console.Output);
        }

        return ExitCode.Done;
    }

    private static int[] Sizes(string text, string option, int fewest) =>
        LayerSizes.TryParse(text, out int[] sizes) && sizes.Length >= fewest && sizes.All(size => size is >= 1 and <= 1 << 20)
            ? sizes
            : throw new UsageException($"{option} is a list of {fewest} or more sizes from 1 to {1 << 20} with commas between, not '{text}'.");

    private static Report Measure(int[] sizes, int[] batches, int threads, double seconds)
    {
        // On a shared machine the quiet moments may be rare: waiting for them is better than a figure of the neighbours.
        Interleaved interleaved = new() { Patience = 8 };
        List<Line> predictions = [], steps = [];
        foreach (int rows in batches)
        {
            predictions.Add(Prediction(interleaved, Text(sizes), sizes, rows, seconds, Activation.Relu, Output(sizes)));
        }

        foreach (int rows in batches)
        {
            steps.Add(Step(interleaved, Text(sizes), sizes, rows, threads, seconds));
        }

        Line layer = Prediction(interleaved, "dense layer 784 to 512, identity", referenceLayer, ReferenceRows, seconds, default, default);
        Line step = Step(interleaved, "training step 784-512-512-10, SGD", referenceNetwork, ReferenceRows, 1, seconds);
        return new Report(sizes, threads, interleaved.BestPeak, predictions, steps, [layer, step]);
    }

    private static Line Prediction(Interleaved interleaved, string name, int[] sizes, int rows, double seconds, Activation hidden, Activation output)
    {
        using Network network = Build(sizes, hidden, output);
        using Predictor predictor = network.Freeze();
        float[] x = Values(rows * sizes[0]);
        float[] y = new float[rows * sizes[^1]];
        return Run(interleaved, name, rows, 1, Flops.Forward(sizes, rows), seconds, repeats =>
        {
            for (int i = 0; i < repeats; i++)
            {
                predictor.Predict(x, y);
            }
        });
    }

    private static Line Step(Interleaved interleaved, string name, int[] sizes, int rows, int threads, double seconds)
    {
        using Network network = Build(sizes, Activation.Relu, Output(sizes));
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(LearningRate), Threads = threads });
        float[] x = Values(rows * sizes[0]);
        int[] labels = [.. Enumerable.Range(0, rows).Select(row => row % sizes[^1])];
        float[] targets = Values(rows * sizes[^1]);
        bool classes = sizes[^1] > 1;
        return Run(interleaved, name, rows, threads, Flops.TrainingStep(sizes, rows), seconds, repeats =>
        {
            for (int i = 0; i < repeats; i++)
            {
                _ = classes ? trainer.Step(x, labels) : trainer.Step(x, targets);
            }
        });
    }

    private static Line Run(Interleaved interleaved, string name, int rows, int threads, double flop, double seconds, Action<int> work)
    {
        Measurement measured = interleaved.Measure(work, flop, seconds);
        double[] latencies = SingleCalls.Microseconds(work, seconds, MostLatencies);
        return new Line(
            name,
            rows,
            Quantile(latencies, 0.5),
            Quantile(latencies, 0.99),
            Quantile(latencies, 0.999),
            Settled(1 / measured.Seconds),
            Settled(measured.Gflops),
            Settled(measured.PeakRatio / threads),
            Settled(measured.Spread),
            measured.AcceptedShare,
            SingleCalls.AllocatedBytes(work));

        double Settled(double value) => measured.Settled ? value : double.NaN;
    }

    private static double Quantile(double[] sorted, double q) => sorted[(int)(q * (sorted.Length - 1))];

    private static Activation Output(int[] sizes) => sizes[^1] > 1 ? Activation.Softmax : Activation.Identity;

    private static Network Build(int[] sizes, Activation hidden, Activation output)
    {
        NetworkBuilder builder = Network.Input(sizes[0]);
        for (int layer = 1; layer < sizes.Length; layer++)
        {
            builder.Dense(sizes[layer], layer == sizes.Length - 1 ? output : hidden);
        }

        return builder.Build(seed: 1);
    }

    /// <summary>Dense values on [-1, 1): no zeros that a kernel might skip.</summary>
    private static float[] Values(int count)
    {
        Random random = new(1);
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan())
        {
            value = (2 * random.NextSingle()) - 1;
        }

        return values;
    }

    private static string Text(int[] sizes) => string.Join('-', sizes);

    /// <summary>One measured thing. Latencies are in microseconds; rates are per second.</summary>
    private sealed record Line(
        string Name,
        int Rows,
        double P50,
        double P99,
        double P999,
        double CallsPerSecond,
        double Gflops,
        double PeakRatio,
        double Spread,
        double Accepted,
        double AllocatedBytes)
    {
        public double RowsPerSecond => Rows * CallsPerSecond;

        public void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("name", Name);
            json.WriteNumber("rows", Rows);
            Number(json, "p50Microseconds", P50);
            Number(json, "p99Microseconds", P99);
            Number(json, "p999Microseconds", P999);
            Number(json, "callsPerSecond", CallsPerSecond);
            Number(json, "rowsPerSecond", RowsPerSecond);
            Number(json, "gflops", Gflops);
            Number(json, "peakShare", PeakRatio);
            Number(json, "spread", Spread);
            Number(json, "acceptedShare", Accepted);
            json.WriteNumber("allocatedBytesPerCall", AllocatedBytes);
            json.WriteEndObject();
        }

        private static void Number(Utf8JsonWriter json, string name, double value)
        {
            if (double.IsFinite(value))
            {
                json.WriteNumber(name, Math.Round(value, 6));
            }
            else
            {
                json.WriteNull(name);
            }
        }
    }

    private sealed record Report(int[] Sizes, int Threads, double Peak, List<Line> Predictions, List<Line> Steps, List<Line> References)
    {
        public void Write(Utf8JsonWriter json)
        {
            json.WriteString("version", InfoCommand.Version);
            json.WriteString("processor", Processor.Name);
            json.WriteString("processorKind", Processor.Kind);
            json.WriteString("instructionSet", InstructionSet.Name);
            json.WriteString("dotnet", RuntimeInformation.FrameworkDescription);
            json.WriteNumber("peakGflopsPerCore", Math.Round(Peak, 2));
            json.WriteStartArray("layers");
            foreach (int size in Sizes)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteNumber("trainingThreads", Threads);
            Write(json, "predict", Predictions);
            Write(json, "train", Steps);
            Write(json, "reference", References);
        }

        public void Write(TextWriter output)
        {
            output.WriteLine($"{Processor.Name} ({Processor.Kind}), {InstructionSet.Name}, {RuntimeInformation.FrameworkDescription}");
            output.WriteLine(Invariant($"FMA peak of one core, measured between the samples: {Peak:0.0} GFLOP/s"));
            output.WriteLine();
            output.WriteLine($"Predictor.Predict, {Text(Sizes)}, one thread");
            Table(output, Predictions);
            output.WriteLine();
            output.WriteLine($"Trainer.Step, {Text(Sizes)}, SGD, {(Threads == 1 ? "one thread" : $"{Threads} threads; the share is of {Threads} cores' peak")}");
            Table(output, Steps);
            output.WriteLine();
            foreach (Line line in References)
            {
                output.WriteLine(Invariant(
                    $"{line.Name}, {line.Rows} rows: {Cell(line.Gflops, "0.0")} GFLOP/s, {Cell(100 * line.PeakRatio, "0.0")} % of the peak"));
            }

            if (Predictions.Concat(Steps).Concat(References).Any(line => double.IsNaN(line.Gflops) || line.Accepted < 0.5))
            {
                output.WriteLine("The machine was busy: of some line, other work disturbed half of the samples or");
                output.WriteLine("more. A hyphen stands where too few were left. Repeat on a quiet machine.");
            }
        }

        private static void Table(TextWriter output, List<Line> lines)
        {
            output.WriteLine($"{"rows",6} {"p50 us",10} {"p99 us",10} {"p99.9 us",10} {"rows/s",11} {"GFLOP/s",7} {"% peak",6} {"spread",6} {"B/call",6}");
            foreach (Line line in lines)
            {
                output.WriteLine(Invariant(
                    $"{line.Rows,6} {line.P50,10:0.00} {line.P99,10:0.00} {line.P999,10:0.00} {Cell(line.RowsPerSecond, "0"),11} {Cell(line.Gflops, "0.0"),7} {Cell(100 * line.PeakRatio, "0.0"),6} {Cell(100 * line.Spread, "0.0"),6} {line.AllocatedBytes,6:0.#}"));
            }
        }

        private static void Write(Utf8JsonWriter json, string name, List<Line> lines)
        {
            json.WriteStartArray(name);
            foreach (Line line in lines)
            {
                line.Write(json);
            }

            json.WriteEndArray();
        }

        /// <summary>A hyphen where the machine was too busy for a figure.</summary>
        private static string Cell(double value, string format) => double.IsNaN(value) ? "-" : value.ToString(format, CultureInfo.InvariantCulture);

        private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
