using FastMlp.Layers;
using FastMlp.Serialization;

namespace FastMlp;

/// <summary>
/// A network as prediction needs it: batch normalizations go into the dense layer before (where its activation is the identity) or
/// behind, activations that stand alone into such a dense layer before them, and dropout goes. In double precision, rounded once.
/// </summary>
internal static class PredictionFolding
{
    /// <summary>Whether there is anything to fold.</summary>
    public static bool Applies(LayerStack stack) => stack.Stages.Any(stage => stage is BatchNormLayer or ActivationLayer);

    public static ModelContents Fold(ModelContents contents)
    {
        int dense = 0;
        int norm = 0;
        List<Piece> pieces = Take(contents, contents.Layers, contents.InputSize, ref dense, ref norm);
        Reduce(pieces);
        List<Piece> all = [.. pieces.SelectMany(piece => piece.InOrder())];
        Piece[] layers = [.. all.Where(piece => piece.Spec is DenseSpec)];
        return contents with
        {
            Layers = Specs(pieces),
            Weights = [.. layers.Select(piece => piece.Weight)],
            Biases = [.. layers.Select(piece => piece.Bias)],
            ActivationParameters = [.. layers.Select(piece => piece.Constants)],
            Norms = [.. all.Where(piece => piece.Norm is not null).Select(piece => piece.Norm!)],
        };
    }

    /// <summary>Layers with what they have learnt, without dropout.</summary>
    private static List<Piece> Take(ModelContents contents, LayerSpec[] specs, int inputSize, ref int dense, ref int norm)
    {
        List<Piece> pieces = [];
        int size = inputSize;
        foreach (LayerSpec spec in specs)
        {
            switch (spec)
            {
                case DropoutSpec:
                    break;
                case DenseSpec:
                    pieces.Add(Dense(contents, spec, dense++));
                    break;
                case ResidualSpec residual:
                    List<Piece> body = Take(contents, [.. residual.Body], size, ref dense, ref norm);
                    Piece? projection = spec.OutputSize(size) == size ? null : Dense(contents, new DenseSpec(spec.OutputSize(size), default, Bias.None, Initializer.Zeros), dense++);
                    pieces.Add(new Piece(spec) { Body = body, Projection = projection });
                    break;
                default:
                    pieces.Add(new Piece(spec) { Norm = spec is BatchNormSpec or LayerNormSpec ? contents.Norms[norm++] : null });
                    break;
            }

            size = spec.OutputSize(size);
        }

        return pieces;
    }

    private static Piece Dense(ModelContents contents, LayerSpec spec, int index) => new(spec)
    {
        Weight = contents.Weights[index],
        Bias = contents.Biases[index],
        Constants = contents.ActivationParameters[index],
    };

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
                BatchNormSpec norm => (before?.TryScaleOutputs(piece.Norm!, norm.Epsilon) ?? false) || (behind?.TryScaleInputs(piece.Norm!, norm.Epsilon) ?? false),
                ActivationSpec { Activation.Kind: ActivationKind.Identity } => true,
                ActivationSpec activation => before?.Activate(activation.Activation) ?? false,
                _ => false,
            };
            if (folded)
            {
                pieces.RemoveAt(i--);
            }
        }
    }

    private static LayerSpec[] Specs(List<Piece> pieces) =>
        [.. pieces.Select(piece => piece.Spec is ResidualSpec ? new ResidualSpec(Specs(piece.Body)) : piece.Spec)];

    /// <summary>A layer and its numbers.</summary>
    private sealed class Piece(LayerSpec spec)
    {
        public LayerSpec Spec { get; private set; } = spec;

        public float[] Weight { get; set; } = [];

        public float[] Bias { get; set; } = [];

        public float[] Constants { get; init; } = [];

        public NormContents? Norm { get; init; }

        public List<Piece> Body { get; init; } = [];

        public Piece? Projection { get; init; }

        private int Units => ((DenseSpec)Spec).Units;

        /// <summary>This and what is in it, in the order in which layers are counted.</summary>
        public IEnumerable<Piece> InOrder() =>
            [.. Body.SelectMany(piece => piece.InOrder()), .. Projection is null ? Array.Empty<Piece>() : [Projection], this];

        public bool Activate(Activation g)
        {
            Spec = (DenseSpec)Spec with { Activation = g };
            return true;
        }

        /// <summary>W' = diag(s) W, b' = s (b - mean) + beta, s = gamma / sqrt(variance + epsilon); false, and nothing changed, where float32 does not reach.</summary>
        public bool TryScaleOutputs(NormContents norm, float epsilon)
        {
            double[] scale = Scales(norm, epsilon);
            int inputs = Weight.Length / Units;
            return TrySet(
                Enumerable.Range(0, Weight.Length).Select(i => scale[i / inputs] * Weight[i]),
                Enumerable.Range(0, Units).Select(unit => (scale[unit] * (OldBias(unit) - norm.Mean[unit])) + norm.Shift[unit]));
        }

        /// <summary>W' = W diag(s), b' = b + W (beta - s mean).</summary>
        public bool TryScaleInputs(NormContents norm, float epsilon)
        {
            double[] scale = Scales(norm, epsilon);
            int inputs = scale.Length;
            return TrySet(
                Enumerable.Range(0, Weight.Length).Select(i => Weight[i] * scale[i % inputs]),
                Enumerable.Range(0, Units).Select(unit =>
                    OldBias(unit) + Enumerable.Range(0, inputs).Sum(i => Weight[(unit * inputs) + i] * (norm.Shift[i] - (scale[i] * norm.Mean[i])))));
        }

        private static double[] Scales(NormContents norm, float epsilon) =>
            [.. norm.Scale.Select((gamma, j) => gamma / Math.Sqrt((double)norm.Variance[j] + epsilon))];

        private double OldBias(int unit) => Bias.Length == 0 ? 0 : Bias[Math.Min(unit, Bias.Length - 1)];

        private bool TrySet(IEnumerable<double> weight, IEnumerable<double> bias)
        {
            float[] newWeight = [.. weight.Select(value => (float)value)];
            float[] newBias = [.. bias.Select(value => (float)value)];
            if (!Array.TrueForAll(newWeight, float.IsFinite) || !Array.TrueForAll(newBias, float.IsFinite))
            {
                return false;
            }

            Weight = newWeight;
            Bias = newBias;
            Spec = (DenseSpec)Spec with { Bias = FastMlp.Bias.PerUnit };
            return true;
        }
    }
}
