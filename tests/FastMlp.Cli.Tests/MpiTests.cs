using System.Diagnostics;
using System.Globalization;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests;

/// <summary>The command as the ranks of a job; skipped where there is no mpirun.</summary>
public class MpiTests
{
    [Fact]
    public void AnyNumberOfRanksWritesTheSameModel()
    {
        string mpirun = Launcher();
        using TempFolder folder = new();
        string[] training = ["train", "wine", "--epochs", "3", "--threads", "1", "--deterministic"];
        Command.Run([.. training, "--out", folder["alone.safetensors"]]).Done();
        byte[] expected = File.ReadAllBytes(folder["alone.safetensors"]);
        foreach (int ranks in new[] { 1, 2, 3 })
        {
            string path = folder[$"{ranks}.safetensors"];
            (int code, string output, string error) = Launch(mpirun, ranks, [.. training, "--out", path]);
            Assert.True(code == 0, error);
            Assert.Single(output.Split('\n'), line => line.StartsWith("test accuracy: ", StringComparison.Ordinal));
            Assert.Equal(expected, File.ReadAllBytes(path));
        }
    }

    [Fact]
    public void ARankThatFailsEndsTheJobWithItsName()
    {
        string mpirun = Launcher();
        using TempFolder folder = new();
        (int code, _, string error) = Launch(mpirun, 2, ["train", "wine", "--epochs", "2", "--optimizer", "lbfgs", "--out", folder["m.safetensors"]]);
        Assert.NotEqual(0, code);
        Assert.Contains(" of 2 on ", error, StringComparison.Ordinal);
        Assert.Contains("L-BFGS", error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["m.safetensors"]));
    }

    private static string Launcher()
    {
        string? found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "mpirun")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, "There is no mpirun here: tools/install-mpi.sh installs Open MPI.");
        return found!;
    }

    private static (int Code, string Output, string Error) Launch(string mpirun, int ranks, string[] arguments)
    {
        ProcessStartInfo start = new(mpirun) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        start.Environment["OMPI_MCA_rmaps_base_oversubscribe"] = "1";
        start.Environment["TERM"] = "dumb";
        foreach (string argument in (string[])["-n", ranks.ToString(CultureInfo.InvariantCulture), "dotnet", Path.Combine(AppContext.BaseDirectory, "FastMlp.Cli.dll"), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
