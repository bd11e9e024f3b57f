using FastMlp.Optimizers;

namespace FastMlp.Tests.Optimizers;

/// <summary>The line search on functions of one variable that bring it to its limits (among them those of More and Thuente, 1994).</summary>
public class StrongWolfeTests
{
    private const int MostTrials = 25;

    private static readonly Dictionary<string, (Func<double, double> Value, Func<double, double> Slope)> functions = new()
    {
        ["parabola"] = (t => (t - 3) * (t - 3), t => 2 * (t - 3)),
        ["More 1"] = (t => -t / ((t * t) + 2), t => ((t * t) - 2) / Math.Pow((t * t) + 2, 2)),
        ["More 2"] = (t => Math.Pow(t + 0.004, 5) - (2 * Math.Pow(t + 0.004, 4)), t => (5 * Math.Pow(t + 0.004, 4)) - (8 * Math.Pow(t + 0.004, 3))),
        ["waves"] = (t => -t + Math.Sin(6 * t), t => -1 + (6 * Math.Cos(6 * t))),
        ["wall"] = (t => t < 2 ? -Math.Log(2 - t) - t - t : double.PositiveInfinity, t => t < 2 ? (1 / (2 - t)) - 2 : double.NaN),
        ["quartic"] = (t => Math.Pow(t - 1, 4), t => 4 * Math.Pow(t - 1, 3)),
    };

    public static TheoryData<string> Names => [.. functions.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void TheStepMeetsBothConditions(string name)
    {
        (Func<double, double> value, Func<double, double> slope) = functions[name];
        double scale = slope(0) < 0 ? 1 : -1; // "waves" starts uphill: backwards then
        foreach (double first in new[] { 1e-3, 0.1, 1, 10, 1e3 })
        {
            Recorded line = new(t => value(scale * t), t => scale * slope(scale * t));
            double start = line.Value(0);
            double startSlope = line.Slope(0);
            Assert.True(startSlope < 0);

            double step = StrongWolfe.Search(ref line, start, startSlope, first, smallest: 1e-12, MostTrials);

            Assert.True(step > 0, $"{name} from {first}: no step.");
            Assert.True(line.Value(step) <= start + (StrongWolfe.Decrease * step * startSlope), $"{name} from {first}: {line.Value(step)} at {step} is no fall from {start}.");
            Assert.True(Math.Abs(line.Slope(step)) <= StrongWolfe.Curvature * -startSlope, $"{name} from {first}: the slope {line.Slope(step)} at {step} is as steep as {startSlope}.");
            Assert.InRange(line.Trials.Count, 1, MostTrials);
        }
    }

    [Fact]
    public void AFirstStepThatIsGoodIsTakenAtOnce()
    {
        Recorded line = new(t => (t - 1) * (t - 1), t => 2 * (t - 1));
        Assert.Equal(0.9, StrongWolfe.Search(ref line, 1, -2, 0.9, 1e-12, MostTrials));
        Assert.Single(line.Trials);
    }

    [Fact]
    public void AParabolaIsSolvedByItsCubic()
    {
        // Too far at first: the cubic through two points of a parabola is that parabola.
        Recorded line = new(t => (t - 1) * (t - 1), t => 2 * (t - 1));
        Assert.Equal(1, StrongWolfe.Search(ref line, 1, -2, 5, 1e-12, MostTrials), 1e-12);
        Assert.Equal(2, line.Trials.Count);
    }

    [Fact]
    public void WhereNothingIsLowerTheStepIsZero()
    {
        // The slope lies: the function only rises.
        Recorded line = new(t => t, _ => -1);
        Assert.Equal(0, StrongWolfe.Search(ref line, 0, -1, 1, 1e-6, MostTrials));
        Assert.InRange(line.Trials.Count, 2, MostTrials);
    }

    private readonly struct Recorded(Func<double, double> value, Func<double, double> slope) : ILine
    {
        public List<double> Trials { get; } = [];

        public double Value(double t) => value(t);

        public double Slope(double t) => slope(t);

        public double At(double t, out double slopeThere)
        {
            Trials.Add(t);
            slopeThere = slope(t);
            return value(t);
        }
    }
}
