using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using FastMlp.Interop.Chains;
using FastMlp.Interop.Pickle;

namespace FastMlp.Interop.PyTorch;

/// <summary>
/// TorchScript: tensors in <c>data.pkl</c>, and what the modules compute as source in <c>code/</c>. The source is not run: of each module that is not torch.nn's the
/// calls in <c>forward</c> are taken in the order in which they end, which is the order of computation of a chain.
/// </summary>
internal sealed partial class TorchScript(ZipArchive zip, string folder, TorchTensors tensors, ForeignModelOptions options)
{
    private const int MaxSource = 4 << 20;
    private const int MaxDepth = 32;

    private readonly Dictionary<string, string> sources = [];

    public static Chain Read(ZipArchive zip, string folder, object? root, TorchTensors tensors, ForeignModelOptions options)
    {
        if (root is not PickleObject module)
        {
            throw new ModelFormatException("The TorchScript file holds no module.");
        }

        foreach (string part in options.Part?.Split('.') ?? [])
        {
            module = TorchTensors.Entry(module.State, part) as PickleObject
                ?? throw new ModelFormatException($"There is no module '{part}' of part '{options.Part}'; there are {StateDict.Listing(Children(module).Select(child => child.Name))}.");
        }

        TorchScript script = new(zip, folder, tensors, options);
        if (options.Activations.Count > 0)
        {
            List<StoredTensor> all = [];
            script.Collect(all, module, "", 0);
            return new Chain("TorchScript", StateDict.Read(all, isOrdered: true, options with { Part = null }));
        }

        List<Link> links = [];
        script.Add(links, module, "", 0);
        return new Chain("TorchScript", links);
    }

    private static IEnumerable<(string Name, PickleObject Module)> Children(PickleObject module) =>
        from pair in TorchTensors.Entries(module.State) ?? []
        where pair is { Key: string, Value: PickleObject { Type.Module: var type } } && type.StartsWith("__torch__", StringComparison.Ordinal)
        select ((string)pair.Key, (PickleObject)pair.Value!);

    private void Collect(List<StoredTensor> all, PickleObject module, string prefix, int depth)
    {
        tensors.Visit();
        if (depth > MaxDepth)
        {
            throw new ModelFormatException($"Modules are nested more than {MaxDepth} deep.");
        }

        foreach ((object key, object? value) in TorchTensors.Entries(module.State) ?? [])
        {
            if (key is string name && tensors.Tensor(value, prefix + name) is { } tensor)
            {
                all.Add(tensor);
            }
        }

        foreach ((string name, PickleObject child) in Children(module))
        {
            Collect(all, child, $"{prefix}{name}.", depth + 1);
        }
    }

    private void Add(List<Link> links, PickleObject module, string name, int depth)
    {
        tensors.Visit();
        if (depth > MaxDepth)
        {
            throw new ModelFormatException($"Modules are nested more than {MaxDepth} deep.");
        }

        bool isTorchs = module.Type.Module.Contains(".torch.nn.modules", StringComparison.Ordinal);
        switch (isTorchs ? module.Type.Name : "")
        {
            case "Linear":
                StoredTensor weight = Required("weight");
                if (weight.Shape.Length != 2)
                {
                    throw new ModelFormatException($"Tensor '{weight.Name}' is {weight.ShapeText}; the weight of a dense layer is [out, in].");
                }

                links.Add(new LinearLink(name, weight.Shape[1], weight.Shape[0], weight.Values, Tensor("bias")?.Values));
                break;
            case "BatchNorm1d":
                StoredTensor mean = Required("running_mean");
                string norm = Source(module);
                links.Add(new BatchNormLink(
                    name, Required("weight").Values, Required("bias").Values, mean.Values, Required("running_var").Values,
                    Constant(norm, "eps", 1e-5f), Constant(norm, "momentum", 0.1f)));
                break;
            case "LayerNorm":
                links.Add(new LayerNormLink(name, Required("weight").Values, Required("bias").Values, Constant(Source(module), "eps", 1e-5f)));
                break;
            case "Dropout" or "Identity" or "Flatten":
                break;
            case "PReLU":
                links.Add(new ActivationLink(name, Required("weight").Values is [float slope] ? Activation.PRelu(slope) : throw new ModelFormatException($"Module '{name}' (PReLU) has several slopes; one for the layer is read.")));
                break;
            case "Sequential" or "":
                AddCalls(links, module, name, depth);
                break;
            case var type:
                string source = Source(module);
                Activation g = TorchActivation.Of(type, (attribute, otherwise) => Constant(source, attribute, otherwise), source.Contains("\"tanh\"", StringComparison.Ordinal) ? "tanh" : null)
                    ?? throw new ModelFormatException($"Module '{name}' is a {type}, which is no part of a multilayer perceptron that is read.");
                if (g != Activation.Identity)
                {
                    links.Add(new ActivationLink(name, g));
                }

                break;
        }

        StoredTensor? Tensor(string of) => tensors.Tensor(TorchTensors.Entry(module.State, of), $"{name}.{of}");

        StoredTensor Required(string of) => Tensor(of) ?? throw new ModelFormatException($"Module '{name}' ({module.Type.Name}) has no tensor '{of}'.");
    }

    /// <summary>The calls of a module's forward, those inside others first.</summary>
    private void AddCalls(List<Link> links, PickleObject module, string name, int depth)
    {
        string forward = Forward(Source(module), module);
        Dictionary<string, string> locals = [];
        foreach (Match match in Local().Matches(forward))
        {
            locals[match.Groups[1].Value] = match.Groups[2].Value + match.Groups[3].Value;
        }

        foreach (Match call in Call().Matches(forward).OrderBy(call => EndOf(forward, call.Index + call.Length)))
        {
            if (call.Groups["function"].Value is { Length: > 0 } function)
            {
                AddFunction(links, function, Arguments(forward, call.Index + call.Length), name);
                continue;
            }

            string target = call.Groups["self"].Value is { Length: > 0 } direct ? direct : locals.GetValueOrDefault(call.Groups["local"].Value, "");
            PickleObject child = TorchTensors.Entry(module.State, target) as PickleObject
                ?? throw new ModelFormatException($"The code of '{module.Type.Name}' calls '{call.Value}', which is no part of it.");
            Add(links, child, name.Length == 0 ? target : $"{name}.{target}", depth + 1);
        }
    }

    private void AddFunction(List<Link> links, string function, string arguments, string name)
    {
        float[] numbers = [.. Number().Matches(arguments).Select(match => Parsed(match.Value))];
        Activation? g = function switch
        {
            "relu" or "relu_" => Activation.Relu,
            "tanh" or "tanh_" => Activation.Tanh,
            "sigmoid" => Activation.Sigmoid,
            "elu" or "elu_" => Activation.Elu(numbers is [float alpha, ..] ? alpha : 1),
            "leaky_relu" or "leaky_relu_" => Activation.LeakyRelu(numbers is [float slope, ..] ? slope : 0.01f),
            "selu" or "selu_" => Activation.Selu,
            "silu" or "silu_" => Activation.Silu,
            "softmax" => Activation.Softmax,
            "gelu" when !arguments.Contains("tanh", StringComparison.Ordinal) => Activation.Gelu,
            "dropout" or "dropout_" or "flatten" => Activation.Identity,
            _ => null,
        };
        if (g is null)
        {
            throw new ModelFormatException($"The code of '{(name.Length == 0 ? "forward" : name)}' calls torch.{function}, which is no part of a chain of layers that is read. {options.Ask(nameof(options.Activations))}, one for each dense layer, if the layers stand in order all the same.");
        }

        if (g != Activation.Identity)
        {
            links.Add(new ActivationLink($"torch.{function}", g.Value));
        }
    }

    /// <summary>The file of code that holds a class: <c>__torch__.a.b.Name</c> stands in <c>code/__torch__/a/b.py</c>.</summary>
    private string Source(PickleObject module)
    {
        string path = $"{folder}code/{module.Type.Module.Replace('.', '/')}.py";
        if (!sources.TryGetValue(path, out string? source))
        {
            ZipArchiveEntry entry = zip.GetEntry(path) ?? throw new ModelFormatException($"The code '{path}' of '{module.Type.Name}' is not in the file.");
            sources[path] = source = Encoding.UTF8.GetString(Content.Unpack(entry, MaxSource));
        }

        int start = source.IndexOf($"class {module.Type.Name}(", StringComparison.Ordinal);
        if (start < 0)
        {
            throw new ModelFormatException($"The code '{path}' has no class '{module.Type.Name}'.");
        }

        int end = source.IndexOf("\nclass ", start, StringComparison.Ordinal);
        return end < 0 ? source[start..] : source[start..end];
    }

    private static string Forward(string source, PickleObject module)
    {
        int start = source.IndexOf("  def forward(", StringComparison.Ordinal);
        if (start < 0)
        {
            throw new ModelFormatException($"The class '{module.Type.Name}' has no forward.");
        }

        int body = source.IndexOf(":\n", start, StringComparison.Ordinal);
        int end = source.IndexOf("\n  def ", start + 1, StringComparison.Ordinal);
        return source[(body < 0 ? start : body)..(end < 0 ? source.Length : Math.Max(end, body < 0 ? start : body))];
    }

    /// <summary>Where the bracket that is open at a position closes.</summary>
    private static int EndOf(string text, int position)
    {
        int open = 1;
        for (int i = position; i < text.Length; i++)
        {
            open += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (open == 0)
            {
                return i;
            }
        }

        return text.Length;
    }

    private static string Arguments(string text, int position) => text[position..EndOf(text, position)];

    /// <summary>A constant of a module of torch.nn: a scripted one declares it, a traced one has it in the call that its forward makes.</summary>
    private static float Constant(string source, string attribute, float otherwise)
    {
        Match declared = Declared().Matches(source).FirstOrDefault(match => match.Groups[1].Value == attribute) ?? Match.Empty;
        Match called = declared.Success ? Match.Empty : attribute switch
        {
            "alpha" => EluConstant().Match(source),
            "negative_slope" => LeakyConstant().Match(source),
            "beta" => SoftplusConstant().Match(source),
            "momentum" or "eps" when source.Contains("batch_norm", StringComparison.Ordinal) => BatchNormConstants().Match(source),
            "eps" => LayerNormEpsilon().Match(source),
            _ => Match.Empty,
        };
        return declared.Success ? Parsed(declared.Groups[2].Value)
            : called.Success ? Parsed(called.Groups[attribute == "eps" && called.Groups.Count > 2 ? 2 : 1].Value)
            : otherwise;
    }

    private static float Parsed(string number) => float.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
        ? value
        : throw new ModelFormatException($"'{number}' in the code is no number.");

    [GeneratedRegex("""(?m)^\s*(\w+) = (?:self\.(\w+)|getattr\(self, "(\w+)"\))\s*$""", RegexOptions.None, 2000)]
    private static partial Regex Local();

    [GeneratedRegex("""\((?:self\.(?<self>\w+)|(?<local>\w+))\)\.forward\w*\(|torch\.(?<function>\w+)\(""", RegexOptions.None, 2000)]
    private static partial Regex Call();

    [GeneratedRegex("""(?<![\w.])-?\d+\.?\d*(?:[eE][-+]?\d+)?""", RegexOptions.None, 2000)]
    private static partial Regex Number();

    [GeneratedRegex("""(\w+) : Final\[(?:float|int)\] = (-?[\d.eE+-]+)""", RegexOptions.None, 2000)]
    private static partial Regex Declared();

    [GeneratedRegex("""elu_?\(\w+, (-?[\d.eE+-]+)""", RegexOptions.None, 2000)]
    private static partial Regex EluConstant();

    [GeneratedRegex("""leaky_relu_?\(\w+, (-?[\d.eE+-]+)""", RegexOptions.None, 2000)]
    private static partial Regex LeakyConstant();

    [GeneratedRegex("""softplus\(\w+, (-?[\d.eE+-]+)""", RegexOptions.None, 2000)]
    private static partial Regex SoftplusConstant();

    [GeneratedRegex("""batch_norm\([^()]*, (?:False|True|bn_training), ([\d.eE+-]+), ([\d.eE+-]+)""", RegexOptions.None, 2000)]
    private static partial Regex BatchNormConstants();

    [GeneratedRegex("""layer_norm\([^()]*\], \w+, \w+, ([\d.eE+-]+)""", RegexOptions.None, 2000)]
    private static partial Regex LayerNormEpsilon();
}
