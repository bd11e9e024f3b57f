using System.Diagnostics;
using System.Globalization;

namespace FastMlp.Benchmarks.Peers;

/// <summary>
/// PyTorch or scikit-learn in a Python process that times itself. This side asks for so many repeats between two FMA
/// probes, as it does of every other peer.
/// </summary>
internal sealed class PythonPeer : Peer
{
    private readonly string kind;
    private readonly Process process;

    private PythonPeer(string kind, string name, Process process, string version)
    {
        this.kind = kind;
        this.process = process;
        Name = name;
        Version = version;
    }

    public override string Name { get; }

    public override string Version { get; }

    /// <param name="kind">What peers.py calls it.</param>
    /// <param name="name">What tables call it.</param>
    /// <param name="script">peers.py.</param>
    public static PythonPeer Open(string kind, string name, string script)
    {
        // A Python of a version manager often comes first on the path and has none of the packages.
        string[] candidates = [Environment.GetEnvironmentVariable("PEERS_PYTHON") ?? "/usr/bin/python3", "python3", "python"];
        string reason = "no Python";
        foreach (string python in candidates)
        {
            try
            {
                ProcessStartInfo start = new(python, [script, kind]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
                foreach (string variable in new[] { "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS" })
                {
                    start.Environment[variable] = "1";
                }

                Process process = Process.Start(start)!;
                process.BeginErrorReadLine();
                string? answer = process.StandardOutput.ReadLine();
                if (answer is not null && answer.StartsWith("ready ", StringComparison.Ordinal))
                {
                    return new PythonPeer(kind, name, process, answer["ready ".Length..]);
                }

                reason = answer ?? "the script ended without a word";
                process.WaitForExit();
                process.Dispose();
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // No such program; the next may be there.
            }
        }

        throw new PeerAbsentException($"{name} is not installed for Python ({reason}).");
    }

    public override Func<int, double>? Forward(Workload work, int rows) =>
        kind == "sklearn" && work.Layers == 1 ? null : Make("forward", work, rows);

    public override Func<int, double>? Step(Workload work, int rows, bool adam) =>
        kind == "torch-jit" ? null : Make(adam ? "adam" : "sgd", work, rows);

    public override void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
        base.Dispose();
    }

    private Func<int, double> Make(string what, Workload work, int rows)
    {
        string id = Ask($"make {what} {work.Name} {work.Hidden.ToString().ToLowerInvariant()} {work.Output.ToString().ToLowerInvariant()} {rows}");
        return repeats => double.Parse(Ask($"run {id} {repeats}"), CultureInfo.InvariantCulture);
    }

    private string Ask(string question)
    {
        process.StandardInput.WriteLine(question);
        process.StandardInput.Flush();
        string answer = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} ended while it was asked: {question}");
        return answer.StartsWith("ok ", StringComparison.Ordinal)
            ? answer[3..]
            : throw new InvalidOperationException($"{Name}: {answer}");
    }
}
