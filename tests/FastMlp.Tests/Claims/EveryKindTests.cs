using System.Runtime.CompilerServices;
using FastMlp.Kernels.Activations;
using FastMlp.Tests.Layers;
using FastMlp.Tests.Reference;

namespace FastMlp.Tests.Claims;

/// <summary>
/// Every list that must name all activations, losses, optimizers or layers does: a kind that is forgotten in one of them fails here by its name.
/// The lists of the other projects are held in their tests (KindTests of Onnx and Interop, ConfigTests of the command).
/// </summary>
public class EveryKindTests
{
    public static TheoryData<string> Activations => [.. Enum.GetNames<ActivationKind>()];

    public static TheoryData<string> Losses => [.. Enum.GetNames<LossKind>()];

    public static TheoryData<string> Optimizers => [.. Subclasses<Optimizer>().Select(type => type.Name)];

    public static TheoryData<string> Layers => [.. Subclasses<LayerSpec>().Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Activations))]
    public void AnActivationIsNamedEverywhere(string name)
    {
        ActivationKind kind = Enum.Parse<ActivationKind>(name);
        Activation[] spelt = [.. Activation.Spellings.Select(spelling => Activation.TryParse(spelling.Split('[')[0], out Activation g) ? g : throw new InvalidOperationException($"{spelling} is not read.")).Where(g => g.Kind == kind)];
        Activation activation = Assert.Single(spelt);
        Assert.True(Activation.TryParse(name, out Activation byName) && byName == activation, $"{name} is not read as its own name.");
        Assert.True(typeof(Activation).GetMember(name).Length == 1, $"Activation has no factory {name}.");
        if (kind != ActivationKind.Softmax)
        {
            Assert.EndsWith("Activation", activation.Make<string, TypeName>(default), StringComparison.Ordinal);
        }

        Assert.True(Enum.TryParse(name, out ReferenceFunction function), $"The oracle has no {name}.");
        double[] values = new ReferenceActivation(function, learnable: false, [.. activation.Constants.Select(constant => (double)constant)]).Value([0.5, -0.5]);
        Assert.All(values, value => Assert.True(double.IsFinite(value)));
        HasRow("docs/layers.md", name);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void ALossIsNamedEverywhere(string name)
    {
        LossKind kind = Enum.Parse<LossKind>(name);
        Assert.Single(Loss.Spellings, spelling => Loss.TryParse(spelling.Split('[', ':')[0] + (spelling.Contains(":level", StringComparison.Ordinal) ? ":0.5" : ""), out Loss loss) && loss.Kind == kind);
        Assert.True(double.IsFinite(new ReferenceLoss(name) { Levels = [0.5] }.Value([0.5], [1])), $"The oracle has no {name}.");
        Assert.True(double.IsFinite(new ReferenceLoss(name) { Levels = [0.5] }.Gradient([0.5], [1])[0]), $"The oracle has no gradient of {name}.");
        string[] beside = ["Quadratic", "MeanSquaredError", "CrossEntropy", "BinaryCrossEntropy"];
        Assert.True(beside.Contains(name) || ReferenceLoss.Cases.Values.Any(loss => loss.Kind == kind), $"The oracle has no case of {name}.");

        // Both forms of Poisson's loss stand in one row.
        HasRow("docs/optimizers.md", kind == LossKind.LogPoisson ? "Poisson" : name);
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void AnOptimizerIsNamedEverywhere(string name)
    {
        // L-BFGS evaluates the batch itself; LbfgsTests have an oracle of its own.
        Assert.True(name == nameof(Lbfgs) || ReferenceOptimizer.Cases.Values.Any(optimizer => optimizer.GetType().Name == name), $"The oracle has no case of {name}.");
        HasRow("docs/optimizers.md", name);
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void ALayerIsNamedEverywhere(string type)
    {
        LayerSpec spec = (LayerSpec)RuntimeHelpers.GetUninitializedObject(typeof(LayerSpec).Assembly.GetType($"FastMlp.{type}")!);
        Assert.Equal(type, spec.Kind + "Spec");
        if (spec is SumSpec)
        {
            return; // the end of a residual block, which the block adds itself
        }

        string method = spec is ActivationSpec ? "Activate" : spec.Kind;
        Assert.True(typeof(NetworkBuilder).GetMethod(method) is not null, $"NetworkBuilder has no {method}.");
        HasRow("docs/layers.md", method);
        if (spec is not DenseSpec)
        {
            Assert.True(LayerSpec.Readers.ContainsKey(spec.Kind), $"LayerSpec.Readers has no {spec.Kind}.");
            Assert.Contains($"`{spec.Kind}`", Page("docs/formats.md"), StringComparison.Ordinal);
        }

        // The mixtures are compared with the oracle, so it knows what is in them.
        Assert.True(Mixtures.Names.Any(name => Contains(Mixtures.Specs(name), spec.GetType())), $"No network of Mixtures has a {spec.Kind}.");
    }

    private static bool Contains(IEnumerable<LayerSpec> specs, Type type) =>
        specs.Any(spec => spec.GetType() == type || (spec is ResidualSpec block && Contains(block.Body, type)));

    private static IEnumerable<Type> Subclasses<T>() => typeof(T).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(T)) && !type.IsAbstract);

    /// <summary>A row of a table whose first cell is the name, with constants or without.</summary>
    private static void HasRow(string page, string name) =>
        Assert.True(Page(page).Split('\n').Any(line => line.StartsWith($"| `{name}`", StringComparison.Ordinal) || line.StartsWith($"| `{name}(", StringComparison.Ordinal)), $"No table of {page} has a row of {name}.");

    private static string Page(string path) => Repository.Read(Path.Combine(Repository.Root, path));

    private readonly struct TypeName : IActivationMaker<string>
    {
        public string Make<TActivation>(TActivation g)
            where TActivation : unmanaged, IActivation => typeof(TActivation).Name;
    }
}
