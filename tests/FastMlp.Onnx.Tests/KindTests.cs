using FastMlp.Onnx.Export;

namespace FastMlp.Onnx.Tests;

/// <summary>What FastMlp has can be written: a kind that is forgotten in a table fails here by its name.</summary>
public class KindTests
{
    [Fact]
    public void EveryActivationHasAForm() =>
        Assert.Equal(ExportTests.Activations.Values.Select(activation => activation.Name).Distinct().Order(), ActivationForms.Names.Order());

    [Fact]
    public void EveryLayerHasAForm()
    {
        // A residual block is laid flat: its layers, and the sum at its end.
        IEnumerable<Type> kinds = typeof(LayerSpec).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(LayerSpec)) && !type.IsAbstract && type != typeof(ResidualSpec));
        Assert.Equal(kinds.Select(type => type.Name).Order(), LayerForms.Kinds.Select(type => type.Name).Order());
    }
}
