using System.Globalization;
using System.Text.RegularExpressions;
using FastMlp.Interop.Chains;
using PureHDF;

namespace FastMlp.Interop.Keras;

/// <summary>
/// The variables of <c>model.weights.h5</c>: a group for each layer, named by its class and counted, with the variables by number in its <c>vars</c>. The
/// counting has gaps where Keras 2.13 met a layer twice (dense, dense_2, dense_4), so the layers of one class take their groups in turn.
/// </summary>
internal sealed partial class KerasVariables
{
    // Keras 2.13 on Windows joined names with a backslash, so the group is one of the root.
    private static readonly string[] containers = ["layers/", "_layer_checkpoint_dependencies/", "layers\\", "_layer_checkpoint_dependencies\\"];

    private readonly Dictionary<string, List<(int Number, string Name, IH5Group Variables)>> byClass = [];

    public KerasVariables(IH5Group file)
    {
        foreach (string container in containers)
        {
            IH5Group? holder = container[^1] == '\\' ? file : file.LinkExists(container[..^1]) ? file.Group(container[..^1]) : null;
            string prefix = container[^1] == '\\' ? container : "";
            foreach (IH5Group group in holder?.Children().OfType<IH5Group>() ?? [])
            {
                if (group.Name.StartsWith(prefix, StringComparison.Ordinal) && group.LinkExists("vars"))
                {
                    Add(group.Name[prefix.Length..], group.Group("vars"));
                }
            }

            if (byClass.Count > 0)
            {
                break;
            }
        }

        foreach (List<(int Number, string, IH5Group)> groups in byClass.Values)
        {
            groups.Sort((a, b) => a.Number.CompareTo(b.Number));
        }
    }

    public bool IsEmpty => byClass.Count == 0;

    /// <summary>The tensors of the layer that is the given one of its class, by what they are.</summary>
    public List<StoredTensor> Of(KerasLayer layer, int index)
    {
        if (!byClass.TryGetValue(layer.SnakeName, out var groups) || index >= groups.Count)
        {
            return [];
        }

        string[] roles = layer.VariableRoles;
        List<StoredTensor> tensors = [];
        for (int i = 0; i < roles.Length && groups[index].Variables.LinkExists($"{i}"); i++)
        {
            tensors.Add(Hdf5.Tensor(groups[index].Variables.Dataset($"{i}"), roles[i]));
        }

        return tensors;
    }

    /// <summary>
    /// Without a configuration: two variables with a matrix first are a dense layer, vectors a normalization with scale and shift. A group says its
    /// class only, so layers of one class stand in order, and those of several do not.
    /// </summary>
    public (List<StoredTensor> Tensors, bool IsOrdered) All()
    {
        List<StoredTensor> tensors = [];
        int classes = 0;
        foreach (var groups in byClass.Values)
        {
            int before = tensors.Count;
            foreach ((_, string name, IH5Group variables) in groups)
            {
                for (int i = 0; variables.LinkExists($"{i}"); i++)
                {
                    StoredTensor tensor = Hdf5.Tensor(variables.Dataset($"{i}"), "");
                    string role = i switch { 0 => "weight", 1 => "bias", 2 => "running_mean", 3 => "running_var", _ => i.ToString(CultureInfo.InvariantCulture) };
                    tensors.Add((i == 0 && tensor.Shape.Length == 2 ? KerasFile.Transposed(tensor) : tensor) with { Name = $"{name}.{role}" });
                }
            }

            classes += tensors.Count > before ? 1 : 0;
        }

        return (tensors, classes == 1);
    }

    private void Add(string name, IH5Group variables)
    {
        Match match = Numbered().Match(name);
        int number = match.Success && int.TryParse(match.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : 0;
        string type = match.Success ? match.Groups[1].Value : name;
        if (!byClass.TryGetValue(type, out var groups))
        {
            byClass[type] = groups = [];
        }

        groups.Add((number, name, variables));
    }

    [GeneratedRegex("^(.+)_([0-9]+)$", RegexOptions.None, 1000)]
    private static partial Regex Numbered();
}
