using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FastMlp.Onnx.Tests.Support;

/// <summary>A model to run, and the rows to run it on.</summary>
internal sealed record RuntimeJob(string Name, byte[] Model, float[] Rows, int Columns, string? Output = null);

/// <summary>ONNX Runtime, from the npm package onnxruntime-node that tools/install-interop.sh installs, in a process of node.</summary>
internal static class OnnxRuntime
{
    // Loading the runtime and some tiny models takes well under a second; this only ends a hang.
    private const int PatienceMilliseconds = 60_000;

    private static readonly string? package = FindPackage();

    /// <summary>The version of the package; empty where it is not here.</summary>
    public static string Version
    {
        get
        {
            if (package is null)
            {
                return "";
            }

            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(package, "package.json")));
            return json.RootElement.GetProperty("version").GetString() ?? "";
        }
    }

    /// <summary>The outputs of each model; skips the test where node or the package is not there.</summary>
    public static float[][] Run(IReadOnlyList<RuntimeJob> jobs)
    {
        Assert.SkipWhen(package is null, "The npm package onnxruntime-node is not here: tools/install-interop.sh installs it, or FASTMLP_INTEROP names the folder that has it.");
        string folder = Directory.CreateTempSubdirectory("fastmlp-onnx-").FullName;
        try
        {
            string In(int job, string extension) => Path.Combine(folder, job + extension);
            for (int i = 0; i < jobs.Count; i++)
            {
                File.WriteAllBytes(In(i, ".onnx"), jobs[i].Model);
                File.WriteAllBytes(In(i, ".in"), MemoryMarshal.AsBytes(jobs[i].Rows.AsSpan()).ToArray());
            }

            string list = Path.Combine(folder, "jobs.json");
            File.WriteAllText(list, JsonSerializer.Serialize(jobs.Select((job, i) => new Dictionary<string, object>
            {
                ["model"] = In(i, ".onnx"),
                ["input"] = In(i, ".in"),
                ["output"] = In(i, ".out"),
                ["columns"] = job.Columns,
                ["name"] = job.Output ?? "",
            })));
            Node(Sources.Beside("Support", "run-onnx.cjs"), package!, list);
            return [.. jobs.Select((_, i) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(In(i, ".out"))).ToArray())];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Node(params string[] arguments)
    {
        ProcessStartInfo start = new("node", arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        Process? started = null;
        try
        {
            started = Process.Start(start);
        }
        catch (Win32Exception)
        {
            Assert.Skip("node is not installed; ONNX Runtime runs in it.");
        }

        using Process node = started!;
        Task<string> error = node.StandardError.ReadToEndAsync();
        Task<string> output = node.StandardOutput.ReadToEndAsync();
        if (!node.WaitForExit(PatienceMilliseconds))
        {
            node.Kill();
            Assert.Fail("ONNX Runtime did not end.");
        }

        Assert.True(node.ExitCode == 0, error.Result + output.Result);
    }

    private static string? FindPackage()
    {
        string[] folders = Environment.GetEnvironmentVariable("FASTMLP_INTEROP") is { Length: > 0 } named ? [named]
            : Sources.Root is { } root ? [Path.Combine(root, "artifacts", "interop"), Path.Combine(root, "artifacts", "peers")] : [];
        return folders.Select(folder => Path.Combine(folder, "node_modules", "onnxruntime-node")).FirstOrDefault(Directory.Exists);
    }
}
