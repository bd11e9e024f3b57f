using System.Globalization;
using FastMlp.Onnx.Schema;

namespace FastMlp.Onnx.Import;

/// <summary>A node of the graph with its operator's version, its attributes read with their types checked.</summary>
internal sealed class Node
{
    private readonly NodeProto proto;
    private readonly int position;

    public Node(NodeProto proto, int position, long version)
    {
        this.proto = proto;
        this.position = position;
        Version = version;
        Domain = proto.Domain == "ai.onnx" ? "" : proto.Domain;
    }

    /// <summary>Empty for ONNX's own operators.</summary>
    public string Domain { get; }

    public string Operator => proto.OpType;

    /// <summary>The version of the operator's domain that the model asks for; 0 if it does not say.</summary>
    public long Version { get; }

    public IList<string> Inputs => proto.Input;

    public IList<string> Outputs => proto.Output;

    /// <summary>The node as a message names it: <c>node 'fc1' (Gemm)</c>.</summary>
    public override string ToString()
    {
        string name = proto.Name.Length > 0 ? Words.Quote(proto.Name) : position.ToString(CultureInfo.InvariantCulture);
        string domain = Domain.Length == 0 ? "" : Words.Quote(Domain)[1..^1] + ".";
        return $"node {name} ({domain}{Words.Quote(Operator)[1..^1]})";
    }

    /// <summary>The sentence that the node cannot be used, and why.</summary>
    public ModelFormatException Refuse(string why) => new($"{this} {why}");

    public bool Has(string name) => Find(name) is not null;

    public double Float(string name, double otherwise) => Find(name, 1) is { } attribute ? attribute.F : otherwise;

    public long Int(string name, long otherwise) => Find(name, 2) is { } attribute ? attribute.I : otherwise;

    public string Text(string name, string otherwise) => Find(name, 3) is { } attribute ? attribute.S.ToStringUtf8() : otherwise;

    public TensorProto? Tensor(string name) => Find(name, 4) is { } attribute
        ? attribute.T ?? throw Refuse($"has no tensor in its attribute {Words.Quote(name)}.")
        : null;

    public IList<float> Floats(string name) => Find(name, 6)?.Floats ?? (IList<float>)[];

    public IList<long> Ints(string name) => Find(name, 7)?.Ints ?? (IList<long>)[];

    public IList<string> Texts(string name) => Find(name, 8) is { } attribute ? [.. attribute.Strings.Select(text => text.ToStringUtf8())] : [];

    /// <summary>The attribute as an axis of a tensor, counted from the end where negative.</summary>
    public int Axis(string name, long otherwise, int rank, bool mayBeEnd = false)
    {
        long axis = Int(name, otherwise);
        long counted = axis < 0 ? axis + rank : axis;
        return counted >= 0 && (counted < rank || (mayBeEnd && counted == rank))
            ? (int)counted
            : throw Refuse($"has the axis {axis}, but its input has {rank} axes.");
    }

    private AttributeProto? Find(string name, int type = 0)
    {
        foreach (AttributeProto attribute in proto.Attribute)
        {
            if (attribute.Name == name)
            {
                // The first versions of the format did not write the type.
                return type == 0 || attribute.Type == 0 || attribute.Type == type
                    ? attribute
                    : throw Refuse($"has an attribute {Words.Quote(name)} of type {attribute.Type}; {type} was expected.");
            }
        }

        return null;
    }
}
