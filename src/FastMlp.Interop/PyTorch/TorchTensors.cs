using FastMlp.Interop.Chains;
using FastMlp.Interop.Pickle;

namespace FastMlp.Interop.PyTorch;

/// <summary>The bytes of a storage by its key.</summary>
/// <param name="key">As the pickle has it.</param>
/// <param name="bytes">How many the pickle says.</param>
internal delegate ReadOnlySpan<byte> StorageOf(string key, long bytes);

/// <summary>What a pickle of PyTorch says, in our words: tensors, dictionaries and modules.</summary>
internal sealed class TorchTensors(StorageOf storageOf)
{
    private const int MaxDepth = 64;

    /// <summary>Values that are looked at: a pickle may name one list twice in each of many, and so make few bytes into endless work.</summary>
    private const int MaxVisits = 1_000_000;

    private int visits;

    /// <exception cref="ModelFormatException">Too many values were looked at.</exception>
    public void Visit()
    {
        if (++visits > MaxVisits)
        {
            throw new ModelFormatException($"The file nests its values so that more than {MaxVisits} would have to be looked at.");
        }
    }

    /// <summary>A tensor where the value is one, through Parameter and the hooks around it; null elsewhere.</summary>
    /// <exception cref="ModelFormatException">It is one of a kind that is not read, or its view does not lie in its storage.</exception>
    public StoredTensor? Tensor(object? value, string name, int depth = 0)
    {
        if (value is not PickleObject built || depth > 4)
        {
            return null;
        }

        switch (built.Type.FullName)
        {
            case "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_tensor":
                return View(built.Arguments, name);
            case "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" or "torch.nn.parameter.Parameter" when built.Arguments.Length > 0:
                return Tensor(built.Arguments[0], name, depth + 1);
            case "torch._tensor._rebuild_from_type_v2" when built.Arguments is [_, _, object?[] inner, ..]:
                return View(inner, name);
            case "torch._utils._rebuild_qtensor" or "torch._utils._rebuild_sparse_tensor" or "torch._utils._rebuild_meta_tensor_no_storage" or "torch._utils._rebuild_device_tensor_from_numpy":
                throw new ModelFormatException($"Tensor '{name}' was written by {built.Type.FullName} (quantised, sparse or without values); only plain tensors are read.");
            default:
                return null;
        }
    }

    /// <summary>A dictionary's entries, an OrderedDict's too; null where the value is none.</summary>
    public static List<KeyValuePair<object, object?>>? Entries(object? value) => value switch
    {
        PickleDictionary dictionary => dictionary.Items,
        PickleObject { Type.FullName: "collections.OrderedDict" } ordered => ordered.Items,
        _ => null,
    };

    public static object? Entry(object? dictionary, string key) => Entries(dictionary)?.Find(pair => pair.Key is string name && name == key).Value;

    /// <summary>Every dictionary of named tensors in a checkpoint, with the keys on the way to it: "model", "actor.state_dict".</summary>
    public List<(string Path, List<StoredTensor> Tensors)> Dictionaries(object? root)
    {
        List<(string, List<StoredTensor>)> found = [];
        Find(root, "", 0);
        return found;

        void Find(object? value, string path, int depth)
        {
            Visit();
            if (depth > 6 || Entries(value) is not { } entries)
            {
                return;
            }

            List<StoredTensor> tensors = [];
            foreach ((object key, object? entry) in entries)
            {
                Visit();
                if (key is string name && Tensor(entry, name) is { } tensor)
                {
                    tensors.Add(tensor);
                }
            }

            if (tensors.Exists(tensor => tensor.Name == "weight" || tensor.Name.EndsWith(".weight", StringComparison.Ordinal)))
            {
                found.Add((path, tensors));
                return;
            }

            foreach ((object key, object? entry) in entries)
            {
                // An optimizer keeps tensors too, of the same shapes.
                if (key is string name && !name.Contains("optim", StringComparison.OrdinalIgnoreCase))
                {
                    Find(entry, path.Length == 0 ? name : $"{path}.{name}", depth + 1);
                }
            }
        }
    }

    /// <summary>All tensors of a module's tree by their names, in the order of its parts.</summary>
    public List<StoredTensor> OfModule(object? module)
    {
        List<StoredTensor> tensors = [];
        Collect(module, "", 0);
        return tensors;

        void Collect(object? value, string prefix, int depth)
        {
            Visit();
            if (depth > MaxDepth)
            {
                throw new ModelFormatException($"Modules are nested more than {MaxDepth} deep.");
            }

            foreach (string kind in (string[])["_parameters", "_buffers"])
            {
                foreach ((object key, object? entry) in Entries(Entry((value as PickleObject)?.State, kind)) ?? [])
                {
                    if (key is string name && Tensor(entry, prefix + name) is { } tensor)
                    {
                        tensors.Add(tensor);
                    }
                }
            }

            foreach ((string name, PickleObject child) in Children(value))
            {
                Collect(child, $"{prefix}{name}.", depth + 1);
            }
        }
    }

    /// <summary>The modules directly inside a module, in order.</summary>
    public static IEnumerable<(string Name, PickleObject Module)> Children(object? module) =>
        from pair in Entries(Entry((module as PickleObject)?.State, "_modules")) ?? []
        where pair is { Key: string, Value: PickleObject }
        select ((string)pair.Key, (PickleObject)pair.Value!);

    /// <summary>A view by offset and strides of a storage: a slice keeps the whole storage, a transposed matrix its first order.</summary>
    private StoredTensor View(object?[] arguments, string name)
    {
        if (arguments is not [PicklePersistent { Id: object?[] id }, long offset, object?[] sizes, object?[] strides, ..]
            || id is not ["storage", PickleGlobal type, string key, _, long count, ..])
        {
            throw new ModelFormatException($"Tensor '{name}' is not written as PyTorch writes tensors.");
        }

        int[] shape = new int[sizes.Length];
        long[] steps = new long[sizes.Length];
        long total = 1;
        long last = offset;
        for (int i = 0; i < shape.Length; i++)
        {
            if (sizes[i] is not (long size and >= 0 and <= int.MaxValue) || i >= strides.Length || strides[i] is not (long step and >= 0 and <= int.MaxValue))
            {
                throw new ModelFormatException($"Tensor '{name}' has a size or a stride that is no number from 0 to {int.MaxValue}.");
            }

            shape[i] = (int)size;
            steps[i] = step;
            total = Math.Min(long.MaxValue / int.MaxValue, total * size);
            last = Math.Min(long.MaxValue / 4, last + (Math.Max(size - 1, 0) * step));
        }

        if (offset < 0 || count < 0 || (total > 0 && last >= count) || total > Math.Max(count, 1))
        {
            throw new ModelFormatException($"Tensor '{name}' reaches to value {last} of a storage of {count} values.");
        }

        if (!TorchStorage.IsFloat(type.Name))
        {
            _ = TorchStorage.SizeOf(type.Name);
            return new StoredTensor(name, shape, []);
        }

        ReadOnlySpan<byte> storage = storageOf(key, checked(count * TorchStorage.SizeOf(type.Name)));
        float[] values = new float[total];
        int[] index = new int[shape.Length];
        long at = offset;
        for (long i = 0; i < total; i++)
        {
            values[i] = TorchStorage.Value(type.Name, storage, at);
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                at += steps[axis];
                if (++index[axis] < shape[axis])
                {
                    break;
                }

                at -= steps[axis] * shape[axis];
                index[axis] = 0;
            }
        }

        return new StoredTensor(name, shape, values);
    }
}
