using FastMlp.Onnx.Export;
using FastMlp.Onnx.Import;

namespace FastMlp.Onnx;

/// <summary>How each activation is written, and which operators are read as one. To add one, add a line to either table.</summary>
internal static class ActivationForms
{
    private static readonly Dictionary<string, Form> table = new()
    {
        ["Identity"] = (_, _, _, z) => z,
        ["Step"] = Step,
        ["Sigmoid"] = Operator("Sigmoid"),
        ["Tanh"] = Operator("Tanh"),
        ["Relu"] = Operator("Relu"),
        ["Softmax"] = Softmax,
        ["Selu"] = Operator("Selu"),
        ["Gelu"] = Gelu,
        ["Silu"] = (writer, name, _, z) => writer.Add("Mul", name, z, writer.Add("Sigmoid", $"{name}.sigmoid", z)),
        ["Softplus"] = Operator("Softplus"),
        ["Mish"] = (writer, name, _, z) => writer.Add("Mul", name, z, writer.Add("Tanh", $"{name}.tanh", writer.Add("Softplus", $"{name}.softplus", z))),
        ["HardSwish"] = Operator("HardSwish"),
        ["LeakyRelu"] = OperatorWithAlpha("LeakyRelu"),
        ["Elu"] = OperatorWithAlpha("Elu"),
        ["ScaledSigmoid"] = ScaledSigmoid,
        ["PRelu"] = (writer, name, constants, z) => writer.Add("PRelu", name, z, writer.Vector($"{name}.slope", constants)),
    };

    /// <summary>Operators that are one activation.</summary>
    public static IReadOnlyList<Operator> Operators { get; } =
    [
        Import.Operators.Of("Relu", Activations.Of(Activation.Relu), Folding.Each(x => Math.Max(0, x))),
        Import.Operators.Of("LeakyRelu", Activations.Of(Activation.LeakyRelu, "alpha", 0.01f)),
        Import.Operators.Of("Elu", Activations.Of(Activation.Elu, "alpha", 1)),
        Import.Operators.Of("Selu", Activations.Selu),
        Import.Operators.Of("PRelu", Activations.PRelu),
        Import.Operators.Of("Sigmoid", Activations.Of(Activation.Sigmoid), Folding.Each(x => 1 / (1 + Math.Exp(-x)))),
        Import.Operators.Of("Tanh", Activations.Of(Activation.Tanh), Folding.Each(Math.Tanh)),
        Import.Operators.Of("Softplus", Activations.Of(Activation.Softplus)),
        Import.Operators.Of("Mish", Activations.Of(Activation.Mish)),
        Import.Operators.Of("HardSwish", Activations.Of(Activation.HardSwish)),
        Import.Operators.Of("Softmax", Activations.Softmax),
        Import.Operators.Of("Gelu", Activations.Gelu),
        Import.Operators.Of("Swish", Activations.Swish),
    ];

    /// <summary>The activations that can be written, by <see cref="Activation.Name"/>.</summary>
    public static IEnumerable<string> Names => table.Keys;

    /// <summary>Adds what computes an activation from z; returns the name of its result.</summary>
    private delegate string Form(GraphWriter writer, string name, float[] constants, string z);

    /// <summary>Adds what computes an activation from z, with learnt constants if there are some; returns the name of its result.</summary>
    public static string Write(GraphWriter writer, string name, Activation activation, float[] learnt, string z) =>
        table.TryGetValue(activation.Name, out Form? form)
            ? form(writer, name, learnt.Length > 0 ? learnt : [.. activation.Constants], z)
            : throw new NotSupportedException($"The activation {activation} has no form in ONNX here.");

    /// <summary>A product x g(x) that exporters spell out, as the activation that it is; null where it is none. With a factor inside, x sigmoid(b x) = silu(b x) / b.</summary>
    public static Signal? Gated(Call call, Signal x, Signal gate)
    {
        return gate.Base switch
        {
            ActivationExpression { Activation.Name: "Sigmoid" } sigmoid when gate.IsScaled(out double factor) && x.RatioTo(sigmoid.Input) is { } k =>
                call.Activated(sigmoid.Input, Activation.Silu).Times(k * factor),
            ActivationExpression { Activation.Name: "Tanh", Input: { IsPlain: true, Base: ActivationExpression { Activation.Name: "Softplus" } softplus } }
                when gate.IsScaled(out double factor) && x.RatioTo(softplus.Input) is { } k =>
                call.Activated(softplus.Input, Activation.Mish).Times(k * factor),
            _ => null,
        };
    }

    private static Form Operator(string type) => (writer, name, _, z) => writer.Add(type, name, z);

    private static Form OperatorWithAlpha(string type) => (writer, name, constants, z) =>
    {
        string a = writer.Add(type, name, z);
        writer.SetNumber("alpha", constants[0]);
        return a;
    };

    private static string Softmax(GraphWriter writer, string name, float[] constants, string z)
    {
        string a = writer.Add("Softmax", name, z);
        writer.Set("axis", -1);
        return a;
    }

    private static string Step(GraphWriter writer, string name, float[] constants, string z)
    {
        string a = writer.Add("Cast", name, writer.Add("Greater", $"{name}.above", z, writer.Scalar($"{name}.zero", 0)));
        writer.Set("to", ElementType.Float);
        return a;
    }

    private static string ScaledSigmoid(GraphWriter writer, string name, float[] constants, string z)
    {
        string steep = writer.Add("Mul", $"{name}.steepen", z, writer.Scalar($"{name}.beta", constants[1]));
        return writer.Add("Mul", name, writer.Add("Sigmoid", $"{name}.sigmoid", steep), writer.Scalar($"{name}.c", constants[0]));
    }

    /// <summary>z (1 + erf(z / sqrt 2)) / 2.</summary>
    private static string Gelu(GraphWriter writer, string name, float[] constants, string z)
    {
        string erf = writer.Add("Erf", $"{name}.erf", writer.Add("Div", $"{name}.divide", z, writer.Scalar($"{name}.sqrt2", MathF.Sqrt(2))));
        string product = writer.Add("Mul", $"{name}.multiply", z, writer.Add("Add", $"{name}.add", erf, writer.Scalar($"{name}.one", 1)));
        return writer.Add("Mul", name, product, writer.Scalar($"{name}.half", 0.5f));
    }
}
