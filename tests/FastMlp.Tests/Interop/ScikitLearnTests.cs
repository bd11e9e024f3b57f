using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using FastMlp.Tests.Claims;

namespace FastMlp.Tests.Interop;

/// <summary>The Python of docs/howto-bring-a-model.md, run as it stands there on models that scikit-learn fitted.</summary>
public sealed partial class ScikitLearnTests
{
    // What stands behind the page's function: fits, saves, and prints what scikit-learn answers.
    private const string Use = """

        import json as _json, sys
        from sklearn.datasets import load_iris
        from sklearn.neural_network import MLPClassifier, MLPRegressor
        x, y = load_iris(return_X_y=True)
        def both(name, mlp, y, answer):
            mlp.fit(x, y)
            save_mlp(mlp, sys.argv[1] + "/" + name + ".safetensors")
            return np.asarray(answer(mlp)).ravel().tolist()
        print(_json.dumps({
            "x": x.ravel().tolist(),
            "three": both("three", MLPClassifier((9, 5), max_iter=40, random_state=1), y, lambda m: m.predict_proba(x)),
            "two": both("two", MLPClassifier(7, activation="logistic", max_iter=40, random_state=1), y > 0, lambda m: m.predict_proba(x)[:, 1]),
            "value": both("value", MLPRegressor(6, activation="tanh", max_iter=40, random_state=1), x[:, 0] * 2, lambda m: m.predict(x)),
        }))
        """;

    [Fact]
    public void TheSnippetOfTheDocumentationBringsItsModels()
    {
        string page = Repository.Read(Path.Combine(Repository.Root, "docs", "howto-bring-a-model.md"));
        string snippet = PythonBlocks().Matches(page).Select(match => match.Groups[1].Value).Single(block => block.Contains("def save_mlp", StringComparison.Ordinal));
        string folder = Directory.CreateTempSubdirectory("fastmlp-sklearn-").FullName;
        try
        {
            string script = Path.Combine(folder, "snippet.py");
            File.WriteAllText(script, snippet + Use);
            using JsonDocument answers = JsonDocument.Parse(Run(script, folder));
            float[] x = [.. answers.RootElement.GetProperty("x").Numbers().Select(value => (float)value)];

            Same("three", Activation.Relu, Activation.Relu, Activation.Softmax);
            Same("two", Activation.Sigmoid, Activation.Sigmoid);
            Same("value", Activation.Tanh, Activation.Identity);

            void Same(string name, params Activation[] activations)
            {
                using Network network = Network.Load(Path.Combine(folder, $"{name}.safetensors"), activations);
                float[] ours = network.Predict(x);
                double[] theirs = answers.RootElement.GetProperty(name).Numbers();
                Assert.Equal(theirs.Length, ours.Length);
                for (int i = 0; i < ours.Length; i++)
                {
                    Assert.Equal(theirs[i], ours[i], 1e-5);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Run(string script, string folder)
    {
        foreach (string python in new[] { "python3", "/usr/bin/python3" })
        {
            if (Try(python, ["-c", "import sklearn, numpy"]) is { Code: 0 })
            {
                (int code, string output, string error) = Try(python, ["-W", "ignore", script, folder])!.Value;
                Assert.True(code == 0, error);
                return output;
            }
        }

        Assert.Skip("There is no Python here with scikit-learn (Debian: python3-sklearn).");
        return "";
    }

    private static (int Code, string Output, string Error)? Try(string program, string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex("^```python\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex PythonBlocks();
}
