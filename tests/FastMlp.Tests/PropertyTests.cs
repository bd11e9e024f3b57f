using FastMlp.Tests.Reference;
using FastMlp.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace FastMlp.Tests;

/// <summary>What holds for every architecture, on random ones. A failure prints the architecture and the seed to replay.</summary>
public class PropertyTests
{
    private static readonly Config Some = Config.QuickThrowOnFailure.WithMaxTest(40);

    private static readonly string[] AllActivations = [.. Catalogue.All.Keys];

    private static readonly Gen<LayerShape> Layers =
        from units in Gen.Choose(1, 40)
        from activation in Gen.Elements(AllActivations)
        from bias in Gen.Elements(Enum.GetValues<Bias>())
        select new LayerShape(units, activation, bias);

    private static readonly Gen<Architecture> Architectures =
        from inputs in Gen.Choose(1, 70)
        from count in Gen.Choose(1, 4)
        from layers in Layers.ArrayOf(count)
        from rows in Gen.Choose(1, 40)
        from seed in Gen.Choose(0, int.MaxValue / 2)
        select new Architecture(inputs, layers, rows, seed);

    private static readonly Gen<Architecture> TrainableArchitectures =
        Architectures.Select(a => a with { Layers = Array.ConvertAll(a.Layers, l => l.Activation == "Step" ? l with { Activation = "Tanh" } : l) });

    [Fact]
    public void PredictIsThatOfTheOracle() => Holds(Architectures, architecture =>
    {
        using Network network = architecture.Build();
        ReferenceNetwork reference = ReferenceBridge.From(network);
        float[] x = architecture.X;
        float[] y = network.Predict(x);
        double[][] rows = ReferenceBridge.ToRows(x, architecture.Inputs);
        for (int row = 0; row < rows.Length; row++)
        {
            // A step turns a rounding error of z into 1; a row whose z lies that near is not a fair one.
            List<double[]> a = reference.Activations(rows[row]);
            bool fair = !reference.Layers.Select((layer, l) => layer.Activation.Function == ReferenceFunction.Step && layer.PreActivations(a[l]).Min(Math.Abs) < 1e-4).Any(near => near);
            if (fair)
            {
                Near.Equal(a[^1], y.AsSpan(row * network.OutputSize, network.OutputSize), architecture.Bound * Math.Max(1, a.Max(layer => Near.Largest(layer))), $"row {row}");
            }
        }
    });

    [Fact]
    public void AnySplitOfABatchHasTheGradientsOfTheWhole() => Holds(
        from architecture in TrainableArchitectures
        from cut in Gen.Choose(0, architecture.Rows)
        from second in Gen.Choose(cut, architecture.Rows)
        select (architecture, cut, second),
        split =>
        {
            (Architecture architecture, int cut, int second) = split;
            using Network network = architecture.Build();
            using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.Quadratic });
            float[] x = architecture.X;
            float[] y = Numbers.Uniform(architecture.Seed + 1, architecture.Rows * network.OutputSize);
            double loss = trainer.ComputeGradients(x, y);
            float[] whole = Parameters.GradientsOf(trainer);
            double[] sum = new double[whole.Length];
            double[] magnitude = new double[whole.Length];
            double lossSum = 0;
            foreach ((int start, int end) in new[] { (0, cut), (cut, second), (second, architecture.Rows) })
            {
                if (start < end)
                {
                    double weight = (double)(end - start) / architecture.Rows;
                    lossSum += weight * trainer.ComputeGradients(
                        x.AsSpan(start * network.InputSize, (end - start) * network.InputSize),
                        y.AsSpan(start * network.OutputSize, (end - start) * network.OutputSize));
                    float[] part = Parameters.GradientsOf(trainer);
                    for (int i = 0; i < sum.Length; i++)
                    {
                        sum[i] += weight * part[i];
                        magnitude[i] += weight * Math.Abs(part[i]);
                    }
                }
            }

            // Deltas are the same bits but for the 1/m; only sums over rows (and, for shared values, units) are cut differently.
            Near.Equal(loss, lossSum, architecture.Rows * Near.Epsilon * Math.Max(1, loss), "loss");
            Near.Equal(sum, whole, architecture.Bound * Math.Max(Near.Largest(magnitude), loss), "gradient");
        });

    [Fact]
    public void SaveAndLoadGiveTheSameNetworkBitForBit() => Holds(Architectures, architecture =>
    {
        using Network network = architecture.Build();
        using MemoryStream stream = new();
        network.Save(stream);
        stream.Position = 0;
        using Network loaded = Network.Load(stream);

        Assert.Equal(network.InputSize, loaded.InputSize);
        Assert.Equal(network.LayerCount, loaded.LayerCount);
        Assert.Equal(network.Specification, loaded.Specification);

        Bits.Equal(Parameters.Of(network), Parameters.Of(loaded), "parameters");
        Bits.Equal(network.Predict(architecture.X), loaded.Predict(architecture.X), "outputs");
    });

    [Fact]
    public void ParametersThatAreSetAreGotBitForBit() => Holds(Architectures, architecture =>
    {
        using Network network = architecture.Build();
        foreach (Tensor tensor in network.Tensors)
        {
            float[] values = Numbers.Uniform(architecture.Seed + tensor.Name.Length, tensor.Length, -1e30f, 1e30f);
            values[0] = -0f;
            values[^1] = float.Epsilon;
            tensor.CopyFrom(values);
            Bits.Equal(values, tensor.ToArray(), tensor.Name);
        }
    });

    private static void Holds<T>(Gen<T> values, Action<T> property) =>
        Prop.ForAll(values.ToArbitrary(), property).Check(Some);

    private sealed record LayerShape(int Units, string Activation, Bias Bias);

    private sealed record Architecture(int Inputs, LayerShape[] Layers, int Rows, int Seed)
    {
        /// <summary>Relative rounding: one epsilon for each term of the longest sum, and 16 for the activations.</summary>
        public double Bound => Near.Epsilon * (16 + Rows + Inputs + Layers.Sum(layer => layer.Units));

        public float[] X => Numbers.Uniform(Seed, Rows * Inputs);

        public Network Build()
        {
            NetworkBuilder builder = Network.Input(Inputs);
            foreach (LayerShape layer in Layers)
            {
                builder.Dense(layer.Units, Catalogue.All[layer.Activation], layer.Bias);
            }

            return builder.Build(Seed).Fill(Seed);
        }

        public override string ToString() =>
            $"{Inputs} inputs, {string.Join(", ", Layers.Select(l => $"{l.Units} {l.Activation} {l.Bias}"))}, {Rows} rows, seed {Seed}";
    }
}
