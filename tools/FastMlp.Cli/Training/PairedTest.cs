namespace FastMlp.Cli.Training;

/// <summary>Whether two models that answered the same rows differ by more than the choice of these rows explains.</summary>
internal static class PairedTest
{
    /// <summary>
    /// McNemar's exact test, two-sided: of n = b + c rows that one model alone has right, a fair coin gives each to either model, so
    /// p = min(1, 2 P(X &lt;= min(b, c))), X binomial of n and 1/2. 1 where the models are right on the same rows. (McNemar, 1947;
    /// exact by the binomial distribution, as in statsmodels.)
    /// </summary>
    /// <param name="onlyFirst">b: rows that the first model alone has right.</param>
    /// <param name="onlySecond">c: rows that the second alone has right.</param>
    public static double McNemar(long onlyFirst, long onlySecond)
    {
        long n = onlyFirst + onlySecond;
        long least = Math.Min(onlyFirst, onlySecond);
        if (2 * least == n)
        {
            return 1;
        }

        // Downwards from the largest term: each is the one before times k / (n - k + 1). Its own size needs the logarithm.
        double term = 1;
        double sum = 0;
        for (long k = least; k >= 0 && term > 1e-18 * sum; k--)
        {
            sum += term;
            term *= k / (double)(n - k + 1);
        }

        double logLargest = -n * Math.Log(2);
        for (long k = 1; k <= least; k++)
        {
            logLargest += Math.Log((n - least + k) / (double)k);
        }

        return Math.Min(1, 2 * sum * Math.Exp(logLargest));
    }

    /// <summary>
    /// Student's paired t-test, two-sided, of the mean of differences d of n rows: t = mean / (s / sqrt(n)) with n - 1 degrees of freedom. The
    /// distribution by the finite sums 26.7.3 and 26.7.4 of Abramowitz and Stegun. NaN below two rows; 1 where every difference is 0.
    /// </summary>
    /// <param name="mean">The mean difference.</param>
    /// <param name="squares">The sum of (d - mean)^2.</param>
    /// <param name="rows">n.</param>
    public static (double T, double P) Student(double mean, double squares, long rows)
    {
        if (rows < 2)
        {
            return (double.NaN, double.NaN);
        }

        if (squares == 0)
        {
            return mean == 0 ? (0, 1) : (mean > 0 ? double.PositiveInfinity : double.NegativeInfinity, 0);
        }

        double t = mean / Math.Sqrt(squares / (rows - 1) / rows);
        return (t, Math.Clamp(1 - Within(Math.Abs(t), rows - 1), 0, 1));
    }

    /// <summary>A(t | v): the probability that |T| is at most t.</summary>
    private static double Within(double t, long freedom)
    {
        double angle = Math.Atan(t / Math.Sqrt(freedom));
        double sine = Math.Sin(angle);
        double cosine = Math.Cos(angle);
        double square = cosine * cosine;
        bool isOdd = freedom % 2 == 1;
        if (freedom == 1)
        {
            return 2 * angle / Math.PI;
        }

        // Terms of cos^k: k from 1 to v - 2 where v is odd, from 0 to v - 2 where it is even.
        double term = isOdd ? cosine : 1;
        double sum = 0;
        for (long k = isOdd ? 1 : 0; k <= freedom - 2 && term > 1e-18 * sum; k += 2)
        {
            sum += term;
            term *= square * (k + 1) / (k + 2);
        }

        return isOdd ? 2 / Math.PI * (angle + (sine * sum)) : sine * sum;
    }
}
