namespace FastMlp.Tests.Reference;

/// <summary>z = W x + b, a = g(z). W is [out, in], row by row; b has one value a unit, one for the layer, or none.</summary>
internal sealed class ReferenceLayer
{
    public ReferenceLayer(int inputSize, int outputSize, int biasLength, ReferenceActivation activation)
    {
        InputSize = inputSize;
        OutputSize = outputSize;
        Activation = activation;
        Weight = new double[outputSize * inputSize];
        Bias = new double[biasLength];
        WeightGradient = new double[Weight.Length];
        BiasGradient = new double[Bias.Length];
        WeightMagnitude = new double[Weight.Length];
        BiasMagnitude = new double[Bias.Length];
    }

    public int InputSize { get; }

    public int OutputSize { get; }

    public ReferenceActivation Activation { get; }

    public double[] Weight { get; init; }

    public double[] Bias { get; init; }

    public double[] WeightGradient { get; }

    public double[] BiasGradient { get; }

    /// <summary>Sums of the absolute values of the terms of each gradient: what rounding errors are proportional to.</summary>
    public double[] WeightMagnitude { get; }

    public double[] BiasMagnitude { get; }

    /// <summary>The fitted numbers of the layer with their gradients: W, b and, where they are learnt, the activation's constants.</summary>
    public IEnumerable<(double[] Values, double[] Gradient)> Parameters()
    {
        yield return (Weight, WeightGradient);
        yield return (Bias, BiasGradient);
        if (Activation.IsLearnable)
        {
            yield return (Activation.Constants, Activation.Gradient);
        }
    }

    /// <summary>z of one row.</summary>
    public double[] PreActivations(double[] x)
    {
        double[] z = new double[OutputSize];
        for (int o = 0; o < OutputSize; o++)
        {
            z[o] = Bias.Length == 0 ? 0 : Bias[BiasOf(o)];
            for (int i = 0; i < InputSize; i++)
            {
                z[o] += Weight[(o * InputSize) + i] * x[i];
            }
        }

        return z;
    }

    public void ClearGradients()
    {
        double[][] all = [WeightGradient, BiasGradient, WeightMagnitude, BiasMagnitude, Activation.Gradient, Activation.Magnitude];
        foreach (double[] values in all)
        {
            Array.Clear(values);
        }
    }

    /// <summary>Adds one row's part to the gradients, from dL/da, and returns dL/dx.</summary>
    public double[] Backward(double[] x, double[] gradientOfOutput)
    {
        double[] z = PreActivations(x);
        double[,] jacobian = Activation.Jacobian(z);
        double[] gradientOfInput = new double[InputSize];
        for (int o = 0; o < OutputSize; o++)
        {
            double delta = 0;
            for (int i = 0; i < OutputSize; i++)
            {
                delta += gradientOfOutput[i] * jacobian[i, o];
            }

            for (int i = 0; i < InputSize; i++)
            {
                Add(WeightGradient, WeightMagnitude, (o * InputSize) + i, delta * x[i]);
                gradientOfInput[i] += delta * Weight[(o * InputSize) + i];
            }

            if (Bias.Length > 0)
            {
                Add(BiasGradient, BiasMagnitude, BiasOf(o), delta);
            }

            for (int c = 0; Activation.IsLearnable && c < Activation.Constants.Length; c++)
            {
                Add(Activation.Gradient, Activation.Magnitude, c, gradientOfOutput[o] * Activation.ConstantDerivative(z[o], c));
            }
        }

        return gradientOfInput;
    }

    private static void Add(double[] gradient, double[] magnitude, int index, double term)
    {
        gradient[index] += term;
        magnitude[index] += Math.Abs(term);
    }

    private int BiasOf(int unit) => Bias.Length == 1 ? 0 : unit;
}
