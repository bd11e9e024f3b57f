using System.Globalization;

namespace FastMlp.Cli.Arguments;

/// <summary>Reads an activation with its constants after a colon: <c>relu</c>, <c>leaky-relu:0.1</c>, <c>scaled-sigmoid:1,2</c>.</summary>
internal static class ActivationNames
{
    /// <summary>Every spelling, for help and for errors.</summary>
    public const string Known =
        "relu, leaky-relu[:slope], prelu[:slope], elu[:alpha], selu, gelu, silu, softplus, tanh, sigmoid, scaled-sigmoid[:c,beta[,learnable]], identity, step, softmax";

    /// <summary>Several, parted by commas. What stands behind a comma and begins like a number is a further constant of the one before.</summary>
    public static bool TryParseList(string text, out Activation[] activations)
    {
        List<string> parts = [];
        foreach (string part in text.Split(','))
        {
            if (parts.Count > 0 && part.Length > 0 && (!char.IsAsciiLetter(part[0]) || part == "learnable"))
            {
                parts[^1] += "," + part;
            }
            else
            {
                parts.Add(part);
            }
        }

        activations = new Activation[parts.Count];
        for (int i = 0; i < activations.Length; i++)
        {
            if (!TryParse(parts[i], out activations[i]))
            {
                return false;
            }
        }

        return true;
    }

    public static bool TryParse(string text, out Activation activation)
    {
        activation = default;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? text : text[..colon];
        string[] constants = colon < 0 ? [] : text[(colon + 1)..].Split(',');
        bool learnable = name == "scaled-sigmoid" && constants is [_, _, "learnable"];
        if (learnable)
        {
            constants = constants[..2];
        }

        float[] values = new float[constants.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.TryParse(constants[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]) || !float.IsFinite(values[i]))
            {
                return false;
            }
        }

        Activation? parsed = (name, values) switch
        {
            ("identity" or "linear", []) => Activation.Identity,
            ("step", []) => Activation.Step,
            ("sigmoid", []) => Activation.Sigmoid,
            ("tanh", []) => Activation.Tanh,
            ("relu", []) => Activation.Relu,
            ("softmax", []) => Activation.Softmax,
            ("selu", []) => Activation.Selu,
            ("gelu", []) => Activation.Gelu,
            ("silu" or "swish", []) => Activation.Silu,
            ("softplus", []) => Activation.Softplus,
            ("leaky-relu", []) => Activation.LeakyRelu(),
            ("leaky-relu", [float slope]) => Activation.LeakyRelu(slope),
            ("prelu", []) => Activation.PRelu(),
            ("prelu", [float slope]) => Activation.PRelu(slope),
            ("elu", []) => Activation.Elu(),
            ("elu", [float alpha]) => Activation.Elu(alpha),
            ("scaled-sigmoid", []) => Activation.ScaledSigmoid(1, 1),
            ("scaled-sigmoid", [not 0, _]) => Activation.ScaledSigmoid(values[0], values[1], learnable),
            _ => null,
        };
        activation = parsed ?? default;
        return parsed is not null;
    }
}
