using System.Diagnostics;
using System.Globalization;

namespace FastMlp.PerfGuard;

/// <summary>A worker process of one build, seen from the gate.</summary>
internal sealed class Side : IDisposable
{
    private readonly Process process;
    private readonly Task<string> errors;

    public Side(string program, Injection? injection)
    {
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program, "--worker"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (injection is not null)
        {
            start.ArgumentList.Add("--inject");
            start.ArgumentList.Add(injection.ToString());
        }

        // All code is compiled in full at once: recompiling in the middle of the samples would scatter them.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        process = Process.Start(start)!;
        errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Waits until every case has run once.</summary>
    public void WaitUntilReady() => Read(Worker.Ready.Equals);

    /// <summary>Keeps the process on one core, so that both sides share the same neighbours. No effect on macOS.</summary>
    public void PinTo(int core)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            process.ProcessorAffinity = (nint)1 << core;
        }
    }

    /// <summary>Seconds of one call of a case, over so many calls.</summary>
    public double Time(int index, int repeats)
    {
        process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{index} {repeats}"));
        process.StandardInput.Flush();
        return double.Parse(Read(line => double.TryParse(line, CultureInfo.InvariantCulture, out _)), CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    private string Read(Func<string, bool> isExpected)
    {
        string? line = process.StandardOutput.ReadLine();
        if (line is not null && isExpected(line))
        {
            return line;
        }

        process.WaitForExit();
        throw new GuardException($"A worker ended with exit code {process.ExitCode}: {errors.Result.Split('\n')[0]}");
    }
}
