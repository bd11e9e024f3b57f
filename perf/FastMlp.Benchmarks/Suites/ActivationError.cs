using System.Globalization;

namespace FastMlp.Benchmarks.Suites;

/// <summary>
/// The largest error of an activation in ulps, units in the last place of the float nearest to the true value, over a sweep of
/// floats. The truth is in double precision; docs/numerics.md has the finer sweeps and the bounds that tests assert.
/// </summary>
internal static class ActivationError
{
    /// <summary>The argument that makes this program print the error of a function and leave.</summary>
    public const string Verb = "ulp";

    /// <summary>Every so many-th float from 2^-20 to 80, with both signs: about 110,000 of them.</summary>
    private const int Step = 4099;
    private const float Smallest = 1f / (1 << 20);
    private const float Largest = 80;

    /// <summary>Terms and steps that suffice for double precision at the argument where the two methods for erfc meet.</summary>
    private const int SeriesTerms = 120;
    private const int FractionSteps = 200;
    private const double SeriesEnd = 2;

    public static int Print(string function)
    {
        Console.WriteLine(LargestUlps(function).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    /// <summary>NaN for functions of a whole row.</summary>
    private static double LargestUlps(string function)
    {
        if (Reference(function) is not { } reference)
        {
            return double.NaN;
        }

        float[] x = [.. Sweep()];
        float[] y = new float[x.Length];
        using Network network = Network.Input(1).Dense(1, ActivationSuite.Create(function), Bias.None).Build(seed: 1);
        network.Tensors["layers.0.weight"].CopyFrom([1]);
        network.Predict(x, y);
        double worst = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double truth = reference(x[i]);
            float nearest = Math.Abs((float)truth);

            // Below the normal numbers an ulp says nothing about relative accuracy.
            if (nearest >= 1.17549435e-38f)
            {
                worst = Math.Max(worst, Math.Abs(y[i] - truth) / ((double)MathF.BitIncrement(nearest) - nearest));
            }
        }

        return worst;
    }

    private static IEnumerable<float> Sweep()
    {
        int last = BitConverter.SingleToInt32Bits(Largest);
        for (int bits = BitConverter.SingleToInt32Bits(Smallest); bits <= last; bits += Step)
        {
            float value = BitConverter.Int32BitsToSingle(bits);
            yield return value;
            yield return -value;
        }
    }

    private static Func<double, double>? Reference(string function) => function switch
    {
        "identity" => x => x,
        "relu" => x => Math.Max(0, x),
        "leaky-relu" => x => x > 0 ? x : 0.01f * x,
        "elu" => x => x > 0 ? x : ExponentialLess1(x),
        "selu" => x => 1.0507009873554804934193349852946 * (x > 0 ? x : 1.6732632423543772848170429916717 * ExponentialLess1(x)),
        "sigmoid" => Logistic,
        "tanh" => Math.Tanh,
        "gelu" => x => x * 0.5 * ComplementaryError(-x / Math.Sqrt(2)),
        "silu" => x => x * Logistic(x),
        "softplus" => x => Math.Max(0, x) + LogarithmOf1And(Math.Exp(-Math.Abs(x))),
        _ => null,
    };

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>e^x - 1; two terms of its series where the difference would cancel.</summary>
    private static double ExponentialLess1(double x) => Math.Abs(x) < 1e-5 ? x * (1 + (x / 2)) : Math.Exp(x) - 1;

    /// <summary>ln(1 + e), likewise.</summary>
    private static double LogarithmOf1And(double e) => e < 1e-5 ? e * (1 - (e / 2)) : Math.Log(1 + e);

    /// <summary>erfc(t): erf's series of positive terms near 0, elsewhere the continued fraction of erfc, which keeps its relative accuracy.</summary>
    private static double ComplementaryError(double t)
    {
        double a = Math.Abs(t);
        double upper;
        if (a < SeriesEnd)
        {
            double term = a, sum = a;
            for (int n = 1; n < SeriesTerms; n++)
            {
                term *= 2 * a * a / ((2 * n) + 1);
                sum += term;
            }

            upper = 1 - (2 / Math.Sqrt(Math.PI) * Math.Exp(-a * a) * sum);
        }
        else
        {
            // erfc(a) = e^(-a^2) / sqrt(pi) / (a + (1/2) / (a + (2/2) / (a + (3/2) / ...))), from the inside out.
            double fraction = a;
            for (int n = FractionSteps; n >= 1; n--)
            {
                fraction = a + (n / 2.0 / fraction);
            }

            upper = Math.Exp(-a * a) / Math.Sqrt(Math.PI) / fraction;
        }

        return t >= 0 ? upper : 2 - upper;
    }
}
