using FastMlp.PerfGuard;

namespace FastMlp.Tests.Claims;

/// <summary>The rule by which the performance gate (perf/FastMlp.PerfGuard) judges a case. What machines do to it, only its own --quality can tell.</summary>
public class GuardRuleTests
{
    [Fact]
    public void FourPairsThatAllLostAreEnough()
    {
        Assert.True(Rule.WantsPairs(Changes(-9, -9, -9), Rule.FewestPairs));
        Assert.Equal(Verdict.Unsteady, Rule.Judge(Changes(-9, -9, -9)));
        Assert.False(Rule.WantsPairs(Changes(-9, -9, -9, -6), Rule.FewestPairs));
        Assert.Equal(Verdict.Regression, Rule.Judge(Changes(-9, -9, -9, -6)));
    }

    [Fact]
    public void OnePairThatLostLittleAsksForMore()
    {
        Assert.True(Rule.WantsPairs(Changes(-9, -9, -9, -4), Rule.FewestPairs));
        Assert.True(Rule.WantsPairs(Changes(-9, -9, -9, 4, -9, -9, -9, -9, -9, -9, -9), Rule.FewestPairs));
        Assert.False(Rule.WantsPairs(Changes(-9, -9, -9, 4, -9, -9, -9, -9, -9, -9, -9, -9), Rule.FewestPairs));
    }

    [Fact]
    public void ACaseThatDoesNotLookSlowerIsDone()
    {
        Assert.True(Rule.WantsPairs(Changes(0, 0), Rule.FewestPairs));
        Assert.False(Rule.WantsPairs(Changes(0, 0, 0), Rule.FewestPairs));
        Assert.True(Rule.WantsPairs(Changes(-9, -2, -2), Rule.FewestPairs));
        Assert.False(Rule.WantsPairs(Changes(-9, -2, -2, -2), Rule.FewestPairs));
        Assert.Equal(Verdict.Ok, Rule.Judge(Changes(-9, -2, -2, -2)));
    }

    [Fact]
    public void WhereNoneIsSuspectedTwoPairsClear()
    {
        Assert.True(Rule.WantsPairs(Changes(0), Rule.Fewest));
        Assert.False(Rule.WantsPairs(Changes(0, -2), Rule.Fewest));
        Assert.True(Rule.WantsPairs(Changes(0, -4), Rule.Fewest));
        Assert.True(Rule.WantsPairs(Changes(0, -4, 0), Rule.Fewest));
        Assert.False(Rule.WantsPairs(Changes(0, -4, 0, 0), Rule.Fewest));
    }

    [Fact]
    public void AMedianThatAQuarterContradictsIsUnsteady()
    {
        Assert.Equal(Verdict.Unsteady, Rule.Judge(Changes(-9, -9, -9, 4, 4)));
        Assert.Equal(Verdict.Regression, Rule.Judge(Changes(-9, -9, -9, 4)));
        Assert.Equal(Verdict.Faster, Rule.Judge(Changes(9, 9, 9, -4)));
    }

    [Fact]
    public void BothYardsticksMustSayThatItLost()
    {
        Assert.Equal(Verdict.Ok, Rule.Judge([.. Enumerable.Repeat(new Change(-0.09, 0), 4)]));
        Assert.Equal(Verdict.Ok, Rule.Judge([.. Enumerable.Repeat(new Change(0, -0.09), 4)]));
        Assert.Equal(Verdict.Regression, Rule.Judge([.. Enumerable.Repeat(new Change(-0.09, -0.07), 4)]));
    }

    /// <summary>Pairs that scatter by 4 %, twice what most cases do on a shared machine: the rule itself hardly errs.</summary>
    [Theory]
    [InlineData(0, Rule.FewestPairs, 0, 5)]
    [InlineData(10, Rule.FewestPairs, 970, 1000)]
    [InlineData(0, Rule.Fewest, 0, 5)]
    [InlineData(10, Rule.Fewest, 970, 1000)]
    public void PairsThatScatterAreJudgedRight(double slowdown, int pairs, int fewest, int most)
    {
        Random random = new(1);
        int regressions = 0;
        for (int trial = 0; trial < 1000; trial++)
        {
            List<Change> seen = [];
            while (Rule.WantsPairs(seen, pairs))
            {
                double change = ((1 + (0.04 * Normal(random))) / (1 + (slowdown / 100))) - 1;
                seen.Add(new Change(change, change));
            }

            regressions += Rule.Judge(seen) == Verdict.Regression ? 1 : 0;
        }

        Assert.InRange(regressions, fewest, most);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static Change[] Changes(params double[] percents) => [.. percents.Select(p => new Change(p / 100, p / 100))];
}
