using System.Text.Json;
using FastMlp.Cli.Tests.Support;
using FastMlp.Cli.Training;

namespace FastMlp.Cli.Tests;

public sealed class CompareCommandTests(TempFolder folder) : IClassFixture<TempFolder>
{
    /// <summary>The sum of the definition, and its values in whole numbers.</summary>
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(0, 1, 1)]
    [InlineData(1, 9, 0.021484375)]
    [InlineData(9, 1, 0.021484375)]
    [InlineData(0, 10, 0.001953125)]
    [InlineData(12, 30, 0.007915897334896727)]
    public void McNemarIsTheBinomialTail(long onlyFirst, long onlySecond, double p)
    {
        Assert.Equal(p, PairedTest.McNemar(onlyFirst, onlySecond), 1e-9);
        long n = onlyFirst + onlySecond;
        double tail = 0;
        for (long k = 0; k <= Math.Min(onlyFirst, onlySecond); k++)
        {
            double ways = 1;
            for (long i = 1; i <= k; i++)
            {
                ways *= (n - k + i) / (double)i;
            }

            tail += ways / Math.Pow(2, n);
        }

        Assert.Equal(Math.Min(1, 2 * tail), PairedTest.McNemar(onlyFirst, onlySecond), 1e-12);
    }

    [Fact]
    public void McNemarOfManyRowsIsThatOfTheNormalDistribution()
    {
        // z = (5100 - 4900 - 1) / 100 = 1.99, two-sided 0.0466.
        Assert.Equal(0.0466, PairedTest.McNemar(5100, 4900), 2e-4);
        Assert.Equal(0, PairedTest.McNemar(100_000, 0), 1e-300);
    }

    /// <summary>Quantiles of Student's t as printed in tables: |T| beyond them has the probability p.</summary>
    [Theory]
    [InlineData(12.7062, 1, 0.05)]
    [InlineData(4.3027, 2, 0.05)]
    [InlineData(5.8409, 3, 0.01)]
    [InlineData(2.2281, 10, 0.05)]
    [InlineData(2.7969, 24, 0.01)]
    [InlineData(2.0452, 29, 0.05)]
    [InlineData(1.96, 1_000_000, 0.05)]
    public void StudentIsTheTable(double t, int freedom, double p)
    {
        double n = freedom + 1;
        (double found, double probability) = PairedTest.Student(-t, freedom * n, freedom + 1);
        Assert.Equal(-t, found, 1e-9);
        Assert.Equal(p, probability, 5e-5);
    }

    [Fact]
    public void EdgesOfStudent()
    {
        Assert.Equal((0, 1), PairedTest.Student(0, 0, 5));
        Assert.Equal((double.PositiveInfinity, 0), PairedTest.Student(1, 0, 5));
        Assert.True(double.IsNaN(PairedTest.Student(1, 0, 1).P));
    }

    [Fact]
    public void ABetterModelOfClassesIsFoundBetterAndItsColumnsMayStandInAnotherOrder()
    {
        string data = folder.WriteTwoClasses("train.csv", 300);
        string test = folder.WriteTwoClasses("test.csv", 260);
        string good = folder["good.safetensors"];
        string poor = folder["poor.safetensors"];
        Command.Run("train", data, "--epochs", "60", "--lr", "0.01", "--out", good).Done();
        string swapped = folder.Write("swapped.csv", string.Join('\n', File.ReadLines(data).Select(line => line.Split(',')).Select(cells => $"{cells[1]},{cells[2]}")));
        Command.Run("train", swapped, "--epochs", "60", "--out", poor).Done(); // knows y only

        JsonElement json = Command.Run("compare", poor, good, "--data", test, "--json").Done().Json();
        JsonElement outcome = json.GetProperty("test");
        Assert.Equal(PairedTest.McNemar(outcome.GetProperty("onlyFirstRight").GetInt64(), outcome.GetProperty("onlySecondRight").GetInt64()), outcome.GetProperty("p").GetDouble());
        double[] accuracies = [.. json.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("accuracy").GetDouble())];
        Assert.Equal((accuracies[1] - accuracies[0]) * 260, outcome.GetProperty("onlySecondRight").GetDouble() - outcome.GetProperty("onlyFirstRight").GetDouble(), 1e-6);
        Assert.Contains("B is better", Command.Run("compare", poor, good, "--data", test).Done().Output, StringComparison.Ordinal);
        Assert.Contains("A is better", Command.Run("compare", good, poor, "--data", test).Done().Output, StringComparison.Ordinal);
        Assert.Contains("do not tell", Command.Run("compare", good, good, "--data", test).Done().Output, StringComparison.Ordinal);
        Assert.Contains("was trained on", Command.Run("compare", good, good, "--data", data).Done().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ValuesAreComparedByTheirSquaredErrors()
    {
        string data = folder.WritePlane("plane.csv", 300);
        string test = folder.WritePlane("plane-test.csv", 200);
        Command.Run("train", data, "--epochs", "60", "--lr", "0.01", "--out", folder["near.safetensors"]).Done();
        Command.Run("train", data, "--epochs", "1", "--out", folder["far.safetensors"]).Done();

        JsonElement json = Command.Run("compare", folder["near.safetensors"], folder["far.safetensors"], "--data", test, "--json").Done().Json();
        double[] rmse = [.. json.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("rmse").GetDouble())];
        double difference = json.GetProperty("test").GetProperty("meanDifference").GetDouble();
        Assert.Equal(1, difference / ((rmse[0] * rmse[0]) - (rmse[1] * rmse[1])), 1e-3);
        Assert.InRange(json.GetProperty("test").GetProperty("p").GetDouble(), 0, 0.001);
    }

    [Fact]
    public void ModelsOfOtherTargetsAreRefused()
    {
        string classes = folder["other.safetensors"];
        string values = folder["values.safetensors"];
        Command.Run("train", folder.WriteTwoClasses("other.csv"), "--epochs", "1", "--out", classes).Done();
        string both = folder.Write("both.csv", "x,y,z,kind\n1,2,3,a\n2,1,4,b\n3,5,6,a\n4,4,8,b\n5,1,9,a\n1,7,2,b\n");
        Refused("regress", "predicts values");
        Refused("classify", "different targets");

        void Refused(string task, string words)
        {
            Command.Run("train", both, "--target", "z", "--task", task, "--ignore", "kind", "--epochs", "1", "--test", "0", "--out", values).Done();
            CommandResult refused = Command.Run("compare", classes, values, "--data", both);
            Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
            Assert.Contains(words, refused.ErrorLines[^1], StringComparison.Ordinal);
        }
    }
}
