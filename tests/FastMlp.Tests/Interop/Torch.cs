using System.Diagnostics;
using System.Text.Json;
using FastMlp.Tests.Claims;

namespace FastMlp.Tests.Interop;

/// <summary>tools/torch-optimizers.py, where a Python with PyTorch is there; elsewhere the test that asks is skipped.</summary>
internal static class Torch
{
    private const string PythonVariable = "FASTMLP_PYTHON";

    /// <summary>What the script prints after so many steps.</summary>
    public static JsonElement Run(int steps)
    {
        string script = Path.Combine(Repository.Root, "tools", "torch-optimizers.py");
        string[] pythons = Environment.GetEnvironmentVariable(PythonVariable) is { Length: > 0 } named ? [named] : ["python3", "/usr/bin/python3"];
        foreach (string python in pythons)
        {
            if (TryRun(python, ["-c", "import torch"], out _) && TryRun(python, [script, $"{steps}"], out string output))
            {
                return JsonDocument.Parse(output).RootElement;
            }
        }

        Assert.Skip($"PyTorch is not here: neither of {string.Join(", ", pythons)} imports torch (Debian: python3-torch; another Python: {PythonVariable}).");
        return default;
    }

    public static double[] Numbers(this JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];

    private static bool TryRun(string python, string[] arguments, out string output)
    {
        ProcessStartInfo start = new(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0 || arguments[0] == "-c", $"{python} {string.Join(' ', arguments)}: {errors.GetAwaiter().GetResult()}");
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            output = "";
            return false;
        }
    }
}
