using System.Diagnostics;
using System.Globalization;

namespace FastMlp.Benchmarks.Rivals;

/// <summary>scikit-learn in a Python process that times itself (perf/peers.py), one thread. It is asked for so many repeats, as every other system is.</summary>
internal sealed class ScikitLearnRival : Rival
{
    private static readonly string[] threadVariables = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"];

    private readonly Process process;

    public ScikitLearnRival()
    {
        string script = Path.Combine(Checkout.Root, "perf", "peers.py");
        string python = Environment.GetEnvironmentVariable("PEERS_PYTHON") ?? "/usr/bin/python3";
        ProcessStartInfo start = new(python, [script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string variable in threadVariables)
        {
            start.Environment[variable] = "1";
        }

        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new RivalAbsentException($"scikit-learn: there is no {python}. Set PEERS_PYTHON to a Python that has it.");
        }

        process.BeginErrorReadLine();
        string answer = process.StandardOutput.ReadLine() ?? "the script ended without a word";
        Version = answer.StartsWith("ready ", StringComparison.Ordinal)
            ? answer["ready ".Length..]
            : throw new RivalAbsentException($"scikit-learn: {python} does not have it ({answer}). tools/install-peers.sh installs it.");
    }

    public override string Name => "scikit-learn";

    public override string Version { get; }

    public override bool IsInProcess => false;

    /// <summary>A single layer is no MLPClassifier, and a tanh output is not among its kinds.</summary>
    public override Func<int, double>? Predict(Net net, int rows) => net.Layers == 1 || net.Output == Activation.Tanh ? null : Make("predict", net, rows);

    public override Func<int, double> Step(Net net, int rows, bool adam) => Make(adam ? "adam" : "sgd", net, rows);

    public override void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
        base.Dispose();
    }

    private Func<int, double> Make(string what, Net net, int rows)
    {
        string hidden = net.Hidden == Activation.Relu ? "relu" : "tanh";
        string id = Ask($"make {what} {net.Name} {hidden} {(net.Output == Activation.Softmax ? "softmax" : "identity")} {rows}");
        return repeats => double.Parse(Ask(string.Create(CultureInfo.InvariantCulture, $"run {id} {repeats}")), CultureInfo.InvariantCulture);
    }

    private string Ask(string question)
    {
        process.StandardInput.WriteLine(question);
        process.StandardInput.Flush();
        string answer = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} ended when it was asked: {question}");
        return answer.StartsWith("ok ", StringComparison.Ordinal) ? answer[3..] : throw new InvalidOperationException($"{Name}: {answer}");
    }
}
