using FastMlp.PerfGuard;

namespace FastMlp.Tests.Claims;

/// <summary>The rule by which the performance gate (perf/FastMlp.PerfGuard) judges a case. What machines do to it, only its own --inject can tell.</summary>
public class GuardRuleTests
{
    [Fact]
    public void ThreePairsThatLostLittleAreEnough()
    {
        Assert.True(Rule.WantsMore(Percent(0, 0)));
        Assert.False(Rule.WantsMore(Percent(0, -1, 1)));
        Assert.Equal(Verdict.Same, Rule.Judge(Percent(0, -1, 1)));
        Assert.True(Rule.WantsMore(Percent(0, -2, 1)));
    }

    [Fact]
    public void FivePairsThatAllLostMuchAreEnough()
    {
        Assert.True(Rule.WantsMore(Percent(-9, -9, -9, -9)));
        Assert.False(Rule.WantsMore(Percent(-9, -9, -9, -9, -4)));
        Assert.Equal(Verdict.Slower, Rule.Judge(Percent(-9, -9, -9, -9, -4)));
        Assert.True(Rule.WantsMore(Percent(-9, -9, -9, -9, -2)));
    }

    [Fact]
    public void AMedianThatAQuarterContradictsIsNotJudged()
    {
        Assert.Equal(Verdict.TooNoisy, Rule.Judge(Percent(-9, -9, -9, 4, 4)));
        Assert.Equal(Verdict.Slower, Rule.Judge(Percent(-9, -9, -9, 4)));
        Assert.Equal(Verdict.Faster, Rule.Judge(Percent(9, 9, 9, -4)));
    }

    [Fact]
    public void TooFewPairsAreNotJudged()
    {
        Assert.Equal(Verdict.TooNoisy, Rule.Judge([]));
        Assert.Equal(Verdict.TooNoisy, Rule.Judge(Percent(-20, -20)));
        Assert.Equal(Verdict.TooNoisy, Rule.Judge(Percent(0, 0)));
    }

    [Fact]
    public void NoMoreThanTheMostPairsAreAskedFor() =>
        Assert.False(Rule.WantsMore([.. Enumerable.Range(0, Rule.MostPairs).Select(i => i % 2 == 0 ? -0.09 : -0.02)]));

    /// <summary>Pairs that scatter by 2 %, twice what most cases do: the rule itself hardly errs.</summary>
    [Theory]
    [InlineData(0, 0, 5)]
    [InlineData(5, 500, 1000)]
    [InlineData(10, 990, 1000)]
    public void PairsThatScatterAreJudgedRight(double slowdown, int fewest, int most)
    {
        Random random = new(1);
        int slower = 0;
        for (int trial = 0; trial < 1000; trial++)
        {
            List<double> seen = [];
            while (Rule.WantsMore(seen))
            {
                seen.Add(((1 + (0.02 * Normal(random))) / (1 + (slowdown / 100))) - 1);
            }

            slower += Rule.Judge(seen) == Verdict.Slower ? 1 : 0;
        }

        Assert.InRange(slower, fewest, most);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double[] Percent(params double[] percents) => [.. percents.Select(p => p / 100)];
}
