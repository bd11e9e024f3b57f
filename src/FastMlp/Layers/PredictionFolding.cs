using System.Globalization;

namespace FastMlp.Layers;

/// <summary>
/// A network as prediction needs it: what multiplies and adds in each column (a batch normalization) goes into the dense layer before (where its activation
/// is the identity) or behind, activations that stand alone into such a dense layer before them, and dropout goes. In double precision, rounded once.
/// </summary>
internal static class PredictionFolding
{
    /// <summary>Whether there is anything to fold.</summary>
    public static bool Applies(LayerStack stack) => stack.Layers.Any(layer => layer.Spec.Folds);

    /// <param name="specs">The layers.</param>
    /// <param name="inputSize">Features in a row.</param>
    /// <param name="tensors">What they have learnt, by name.</param>
    public static (LayerSpec[] Specs, Dictionary<string, float[]> Tensors) Fold(IReadOnlyList<LayerSpec> specs, int inputSize, IReadOnlyDictionary<string, float[]> tensors)
    {
        List<Piece> pieces = Take(specs, inputSize, tensors, []);
        Reduce(pieces);
        Dictionary<string, float[]> folded = [];
        Dictionary<string, int> counts = [];
        foreach (Piece piece in pieces.SelectMany(piece => piece.InOrder()))
        {
            string name = NextName(piece.Spec, counts);
            foreach ((string suffix, float[] values) in piece.Tensors)
            {
                folded.Add($"{name}.{suffix}", values);
            }
        }

        return (Specs(pieces), folded);
    }

    /// <summary>The name of the next layer of a kind, as <see cref="Graph"/> gives it.</summary>
    private static string NextName(LayerSpec spec, Dictionary<string, int> counts)
    {
        int number = counts.GetValueOrDefault(spec.Group);
        counts[spec.Group] = number + 1;
        return string.Create(CultureInfo.InvariantCulture, $"{spec.Group}.{number}");
    }

    /// <summary>Layers with what they have learnt, without dropout.</summary>
    private static List<Piece> Take(IEnumerable<LayerSpec> specs, int inputSize, IReadOnlyDictionary<string, float[]> tensors, Dictionary<string, int> counts)
    {
        List<Piece> pieces = [];
        int size = inputSize;
        foreach (LayerSpec spec in specs)
        {
            if (spec is ResidualSpec residual)
            {
                List<Piece> body = Take(residual.Body, size, tensors, counts);
                DenseSpec? projection = residual.Projection(size);
                pieces.Add(new Piece(spec, []) { Body = body, Projection = projection is null ? null : new Piece(projection, Learnt(projection)) });
            }
            else if (spec is not DropoutSpec)
            {
                pieces.Add(new Piece(spec, Learnt(spec)));
            }

            size = spec.OutputSize(size);
        }

        return pieces;

        Dictionary<string, float[]> Learnt(LayerSpec spec)
        {
            string name = NextName(spec, counts) + ".";
            return tensors.Where(tensor => tensor.Key.StartsWith(name, StringComparison.Ordinal)).ToDictionary(tensor => tensor.Key[name.Length..], tensor => tensor.Value);
        }
    }

    /// <summary>Folds what stands beside a dense layer of the same list: there, nothing else takes the output between the two.</summary>
    private static void Reduce(List<Piece> pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            Piece piece = pieces[i];
            Reduce(piece.Body);
            Piece? before = i > 0 && pieces[i - 1].Spec is DenseSpec { Activation.Kind: ActivationKind.Identity } ? pieces[i - 1] : null;
            Piece? behind = i + 1 < pieces.Count && pieces[i + 1].Spec is DenseSpec ? pieces[i + 1] : null;
            bool folded = piece.Spec switch
            {
                ActivationSpec { Activation.Kind: ActivationKind.Identity } => true,
                ActivationSpec activation => before?.Activate(activation.Activation) ?? false,
                _ => piece.Scaling is { } scaling && ((before?.TryScaleOutputs(scaling) ?? false) || (behind?.TryScaleInputs(scaling) ?? false)),
            };
            if (folded)
            {
                pieces.RemoveAt(i--);
            }
        }
    }

    private static LayerSpec[] Specs(List<Piece> pieces) =>
        [.. pieces.Select(piece => piece.Spec is ResidualSpec ? new ResidualSpec(Specs(piece.Body)) : piece.Spec)];

    /// <summary>A layer and its tensors, by what stands in their names behind the layer's own: <c>weight</c>.</summary>
    private sealed class Piece(LayerSpec spec, Dictionary<string, float[]> tensors)
    {
        public LayerSpec Spec { get; private set; } = spec;

        public Dictionary<string, float[]> Tensors => tensors;

        public List<Piece> Body { get; init; } = [];

        public Piece? Projection { get; init; }

        public ColumnScaling? Scaling => Spec.AsScaling(tensors);

        private float[] Weight => tensors["weight"];

        private int Units => ((DenseSpec)Spec).Units;

        /// <summary>This and what is in it, in the order in which layers are counted.</summary>
        public IEnumerable<Piece> InOrder() =>
            [.. Body.SelectMany(piece => piece.InOrder()), .. Projection is null ? Array.Empty<Piece>() : [Projection], this];

        public bool Activate(Activation g)
        {
            Spec = (DenseSpec)Spec with { Activation = g };
            return true;
        }

        /// <summary>W' = diag(s) W, b' = s (b - c) + t; false, and nothing changed, where float32 does not reach.</summary>
        public bool TryScaleOutputs(ColumnScaling by)
        {
            int inputs = Weight.Length / Units;
            return TrySet(
                Enumerable.Range(0, Weight.Length).Select(i => by.Scale[i / inputs] * Weight[i]),
                Enumerable.Range(0, Units).Select(unit => (by.Scale[unit] * (OldBias(unit) - by.Center[unit])) + by.Shift[unit]));
        }

        /// <summary>W' = W diag(s), b' = b + W (t - s c).</summary>
        public bool TryScaleInputs(ColumnScaling by)
        {
            int inputs = by.Scale.Length;
            return TrySet(
                Enumerable.Range(0, Weight.Length).Select(i => Weight[i] * by.Scale[i % inputs]),
                Enumerable.Range(0, Units).Select(unit => OldBias(unit) + Enumerable.Range(0, inputs).Sum(i => Weight[(unit * inputs) + i] * (by.Shift[i] - (by.Scale[i] * by.Center[i])))));
        }

        private double OldBias(int unit) => tensors.TryGetValue("bias", out float[]? bias) ? bias[Math.Min(unit, bias.Length - 1)] : 0;

        private bool TrySet(IEnumerable<double> weight, IEnumerable<double> bias)
        {
            float[] newWeight = [.. weight.Select(value => (float)value)];
            float[] newBias = [.. bias.Select(value => (float)value)];
            if (!Array.TrueForAll(newWeight, float.IsFinite) || !Array.TrueForAll(newBias, float.IsFinite))
            {
                return false;
            }

            tensors["weight"] = newWeight;
            tensors["bias"] = newBias;
            Spec = (DenseSpec)Spec with { Bias = FastMlp.Bias.PerUnit };
            return true;
        }
    }
}
