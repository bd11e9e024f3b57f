using System.Globalization;
using FastMlp.Cli.Reporting;

namespace FastMlp.Cli.Training;

/// <summary>Two models on the same rows, and the test of their difference.</summary>
internal sealed class PairedComparison
{
    /// <summary>Two readings of one value differ by the rounding of their scalings.</summary>
    private const double SameValue = 1e-4;

    public PairedComparison(Answered first, Answered second)
    {
        CheckSameRows(first, second);
        if (first.Score.Classifies)
        {
            long onlyFirst = 0;
            long onlySecond = 0;
            for (int row = 0; row < first.Truth.Count; row++)
            {
                bool a = first.Named[row] == first.Truth[row];
                bool b = second.Named[row] == second.Truth[row];
                onlyFirst += a && !b ? 1 : 0;
                onlySecond += b && !a ? 1 : 0;
            }

            TestName = "McNemar's exact test";
            P = PairedTest.McNemar(onlyFirst, onlySecond);
            Figures = [("onlyFirstRight", onlyFirst), ("onlySecondRight", onlySecond)];
            Lines =
            [
                $"right only by A: {Text.Count(onlyFirst)}, only by B: {Text.Count(onlySecond)}",
                $"{TestName}: p = {Probability(P)}. {Verdict(onlyFirst > onlySecond)}",
            ];
            return;
        }

        double mean = 0;
        double squares = 0;
        int rows = first.SquaredErrors.Count;
        for (int row = 0; row < rows; row++)
        {
            // Welford's update.
            double difference = first.SquaredErrors[row] - second.SquaredErrors[row];
            double before = difference - mean;
            mean += before / (row + 1);
            squares += before * (difference - mean);
        }

        TestName = "paired t-test of the squared errors";
        (double t, P) = PairedTest.Student(mean, squares, rows);
        Figures = [("meanDifference", mean), ("t", t), ("degreesOfFreedom", rows - 1)];
        Lines =
        [
            $"mean squared error, A minus B: {Text.Figure(mean)}",
            $"{TestName}: t = {t.ToString("0.000", CultureInfo.InvariantCulture)}, p = {Probability(P)}. {Verdict(mean < 0)}",
        ];
    }

    public string TestName { get; }

    /// <summary>How often rows like these would show at least this difference if the models were equally good.</summary>
    public double P { get; }

    /// <summary>What the test is made of, by names for JSON.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures { get; }

    /// <summary>The same in words.</summary>
    public IReadOnlyList<string> Lines { get; }

    private string Verdict(bool firstIsBetter) =>
        double.IsNaN(P) ? "There are too few rows to tell."
        : P < 0.05 ? $"{(firstIsBetter ? "A" : "B")} is better by more than chance (p below 0.05)."
        : "These rows do not tell the models apart (p of 0.05 or more).";

    private static string Probability(double p) => p < 1e-12 ? "below 1e-12" : p.ToString(p < 0.001 ? "0.0e+0" : "0.0000", CultureInfo.InvariantCulture);

    /// <summary>Both models must have met the same answers in the same order, whatever their columns.</summary>
    private static void CheckSameRows(Answered first, Answered second)
    {
        if (first.Score.Classifies != second.Score.Classifies)
        {
            throw new CommandFailedException($"{(first.Score.Classifies ? first.Path : second.Path)} tells classes apart and {(first.Score.Classifies ? second.Path : first.Path)} predicts values; only models of one kind can be compared.");
        }

        if (first.Score.Rows != second.Score.Rows)
        {
            throw new CommandFailedException($"{first.Path} reads {Text.Count(first.Score.Rows, "row")} of these data and {second.Path} {Text.Count(second.Score.Rows)}, as one leaves out rows with gaps: no pairs can be made.");
        }

        int row = first.Score.Classifies
            ? Enumerable.Range(0, first.Truth.Count).FirstOrDefault(i => first.Truth[i] != second.Truth[i], -1)
            : first.Targets.Count != second.Targets.Count ? 0
            : Enumerable.Range(0, first.Targets.Count).FirstOrDefault(i => Math.Abs(first.Targets[i] - second.Targets[i]) > SameValue * Math.Max(1, Math.Abs(first.Targets[i])), -1);
        if (row >= 0)
        {
            throw new CommandFailedException($"the models learnt different targets: they read other true answers, first in row {Text.Count(row + 1)}.");
        }
    }
}
