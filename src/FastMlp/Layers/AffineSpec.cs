using FastMlp.Kernels;
using FastMlp.Layers;
using FastMlp.Memory;

namespace FastMlp;

/// <summary>a = gamma x + beta in each feature, gamma and beta trained from 1 and 0: the layer that ResMLP has in place of normalizations (Touvron et al., 2021).</summary>
public sealed record AffineSpec : LayerSpec
{
    /// <inheritdoc/>
    public override string Kind => "Affine";

    /// <summary>It stands where a normalization would, with the same tensors.</summary>
    internal override string Group => "norms";

    internal override bool Folds => true;

    /// <inheritdoc/>
    public override string ToString() => Kind;

    internal static AffineSpec Read(SpecReader reader) => new();

    internal override void Check()
    {
    }

    internal override Layer Create(Graph graph, int source) => new AffineLayer(graph.Width(source), this, graph.Offset);

    /// <summary>s = gamma, c = 0, t = beta.</summary>
    internal override ColumnScaling AsScaling(IReadOnlyDictionary<string, float[]> tensors) =>
        new(Array.ConvertAll(tensors["weight"], gamma => (double)gamma), new float[tensors["weight"].Length], tensors["bias"]);

    /// <summary>The same in training and at prediction; it keeps nothing.</summary>
    private sealed unsafe class AffineLayer(int size, AffineSpec spec, nint parameterOffset) : NormLayer(size, parameterOffset)
    {
        public override AffineSpec Spec => spec;

        public override void Forward(float* parameters, MatrixView x, MatrixView a, int threads) =>
            Affine.Forward(x, Gamma(parameters), Beta(parameters), a, threads);

        public override void ForwardRow(float* parameters, float* x, float* a, bool isPadded) =>
            Forward(parameters, MatrixView.Dense(x, 1, InputSize), MatrixView.Dense(a, 1, OutputSize), threads: 1);

        public override void ForwardKeeping(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a) => Forward(pass.Parameters, x, a, pass.Threads);

        public override void ParameterGradient(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView delta) =>
            Affine.ParameterGradient(x, delta, Gamma(pass.Gradients), Beta(pass.Gradients), pass.Threads);

        public override void InputDelta(in TrainingPass pass, MatrixView x, MatrixView z, MatrixView a, MatrixView delta, MatrixView deltaOfX) =>
            Affine.InputDelta(Gamma(pass.Parameters), delta, deltaOfX, pass.Threads);
    }
}
