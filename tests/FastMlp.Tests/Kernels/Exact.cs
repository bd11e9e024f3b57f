namespace FastMlp.Tests.Kernels;

/// <summary>The functions of VecMath in double precision, by other ways, and errors in float32 ulps.</summary>
internal static class Exact
{
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>(u - 1) x / ln u with u = e^x: the rounding of u cancels (Kahan).</summary>
    public static double ExpMinusOne(double x)
    {
        double u = Math.Exp(x);
        return u == 1 ? x : u - 1 == -1 ? -1 : (u - 1) * x / Math.Log(u);
    }

    /// <summary>ln u x / (u - 1) with u = 1 + x (Kahan).</summary>
    public static double LogOnePlus(double x)
    {
        double u = 1 + x;
        return u == 1 ? x : Math.Log(u) * x / (u - 1);
    }

    public static double Softplus(double x) => Math.Max(0, x) + LogOnePlus(Math.Exp(-Math.Abs(x)));

    public static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>Phi(x): near 0 by the series x + x^3/3 + x^5/(3 5) + ..., in the tails by the continued fraction x + 1/(x + 2/(x + ...)).</summary>
    public static double Normal(double x)
    {
        double t = Math.Abs(x);
        double tail;
        if (t < 3)
        {
            double term = t;
            double sum = t;
            for (int k = 3; term > 1e-18 * sum; k += 2)
            {
                term *= t * t / k;
                sum += term;
            }

            tail = 0.5 - (Density(t) * sum);
        }
        else
        {
            double fraction = t;
            for (int k = 120; k > 0; k--)
            {
                fraction = t + (k / fraction);
            }

            tail = Density(t) / fraction;
        }

        return double.IsInfinity(x) ? (x > 0 ? 1 : 0) : x > 0 ? 1 - tail : tail;
    }

    public static double Gelu(double x) => double.IsNegativeInfinity(x) ? 0 : x * Normal(x);

    public static double Silu(double x) => double.IsNegativeInfinity(x) ? 0 : x * Sigmoid(x);

    /// <summary>|got - expected| in units in the last place of the float nearest to expected.</summary>
    public static double Ulps(float got, double expected)
    {
        float nearest = (float)expected;
        if (got.Equals(nearest))
        {
            return got == 0 || !float.IsFinite(got) ? 0 : Math.Abs(got - expected) / Ulp(nearest);
        }

        if (float.IsNaN(got) || float.IsNaN(nearest))
        {
            return double.PositiveInfinity;
        }

        // An overflow that came early or late counts from the first float that does not exist, 2^128.
        double finite = float.IsInfinity(got) ? Math.CopySign(Math.Pow(2, 128), got) : got;
        return Math.Abs(finite - expected) / Ulp(nearest);
    }

    private static double Ulp(float x)
    {
        float magnitude = Math.Min(Math.Abs(x), float.MaxValue);
        return Math.Max((double)magnitude - MathF.BitDecrement(magnitude), float.Epsilon);
    }
}
