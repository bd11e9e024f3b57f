using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

public sealed class MnistTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Fact]
    public void TwoEpochsReach95Percent()
    {
        string? mnist = Find();
        Assert.SkipWhen(mnist is null, "MNIST is not on this machine: set FASTMLP_MNIST to the folder of its four idx files.");
        string model = folder["mnist.safetensors"];

        CommandResult trained = Command.Run("train", mnist!, "--layers", "64", "--epochs", "2", "--out", model).Done();
        CommandResult evaluated = Command.Run("evaluate", model, mnist!).Done();

        Assert.InRange(trained.Figure("test accuracy"), 0.95, 1);
        Assert.Equal(10_000, evaluated.Figure("rows"));
        Assert.Equal(trained.Figure("test accuracy"), evaluated.Figure("test accuracy"));
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("FASTMLP_MNIST") is { Length: > 0 } given)
        {
            return given;
        }

        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "FastMlp.sln")))
        {
            root = root.Parent;
        }

        string? folder = root is null ? null : Path.Combine(root.FullName, "..", "shared", "data", "mnist");
        return Directory.Exists(folder) ? folder : null;
    }
}
