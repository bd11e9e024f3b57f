namespace FastMlp.Interop.Pickle;

/// <summary>A name that a pickle would import: nothing is looked up, it stays a name.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public string FullName => $"{Module}.{Name}";
}

/// <summary>What a pickle would call, kept as data: the function's name, its arguments, and the state that it is given afterwards.</summary>
internal sealed class PickleObject(PickleGlobal type, object?[] arguments)
{
    public PickleGlobal Type => type;

    public object?[] Arguments => arguments;

    public object? State { get; set; }

    /// <summary>What is put into it as into a dictionary: an OrderedDict is made empty and filled.</summary>
    public List<KeyValuePair<object, object?>> Items { get; } = [];

    /// <summary>What is appended to it as to a list or a set.</summary>
    public List<object?> Elements { get; } = [];
}

/// <summary>A dictionary in the order of its entries.</summary>
internal sealed class PickleDictionary
{
    public List<KeyValuePair<object, object?>> Items { get; } = [];
}

/// <summary>What stands outside the pickle: for PyTorch a storage.</summary>
internal sealed record PicklePersistent(object? Id);
