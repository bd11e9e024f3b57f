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
    private readonly Dictionary<Func<int, double>, string> made = [];

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
    /// <param name="threads">Threads that its libraries may use.</param>
    public static PythonPeer Open(string kind, string name, string script, int threads = 1)
    {
        // A Python of a version manager often comes first on the path and has none of the packages.
        string[] candidates = [Environment.GetEnvironmentVariable("PEERS_PYTHON") ?? "/usr/bin/python3", "python3", "python"];
        string reason = "no Python";
        foreach (string python in candidates)
        {
            try
            {
                ProcessStartInfo start = new(python, [script, kind, Invariant(threads)]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
                foreach (string variable in new[] { "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS" })
                {
                    start.Environment[variable] = Invariant(threads);
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

    public override Func<int, double>? WeightGradient(int rows, int inputs, int units) =>
        kind == "torch" ? Make("dw", Workload.Layer(inputs, units), rows) : null;

    public override Func<int, double>? InputGradient(int rows, int inputs, int units) =>
        kind == "torch" ? Make("dx", Workload.Layer(inputs, units), rows) : null;

    /// <summary>Python reads its own clock around each call.</summary>
    public override double Quantile(Func<int, double> work, double quantile, double seconds, int most) =>
        1e6 * double.Parse(Ask(string.Create(CultureInfo.InvariantCulture, $"quantile {made[work]} {quantile} {seconds} {most}")), CultureInfo.InvariantCulture);

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
        Func<int, double> run = repeats => double.Parse(Ask($"run {id} {Invariant(repeats)}"), CultureInfo.InvariantCulture);
        made.Add(run, id);
        return run;
    }

    private static string Invariant(int value) => value.ToString(CultureInfo.InvariantCulture);

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
