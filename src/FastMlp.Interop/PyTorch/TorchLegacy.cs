using System.Buffers.Binary;
using FastMlp.Interop.Chains;
using FastMlp.Interop.Pickle;

namespace FastMlp.Interop.PyTorch;

/// <summary>PyTorch's format before 1.6: pickles of a magic number, a version, facts of the system, the value and the keys; then each storage, its length in front.</summary>
internal static class TorchLegacy
{
    public static Chain Read(byte[] content, ForeignModelOptions options)
    {
        int position = 0;
        PickleReader.Read(content, ref position);
        if (PickleReader.Read(content, ref position) is not 1001L)
        {
            throw new ModelFormatException("The file is of PyTorch's old format, but not of its version 1001.");
        }

        object? system = PickleReader.Read(content, ref position);
        if (TorchTensors.Entry(system, "little_endian") is false)
        {
            throw new ModelFormatException("The file was written on a big-endian machine; little-endian files are read.");
        }

        object? root = PickleReader.Read(content, ref position);
        if (PickleReader.Read(content, ref position) is not List<object?> keys)
        {
            throw new ModelFormatException("The file of PyTorch's old format has no list of storages.");
        }

        // How long a storage is in bytes depends on its type, which the tensors know: find all types first.
        Dictionary<string, string> types = [];
        CollectTypes(root, types, new HashSet<object>(ReferenceEqualityComparer.Instance), 0);
        Dictionary<string, (int Start, int Length)> places = [];
        foreach (object? key in keys)
        {
            if (key is not string name || content.Length - position < sizeof(long))
            {
                throw new ModelFormatException("The file of PyTorch's old format is torn in its storages.");
            }

            long count = BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(position));
            position += sizeof(long);
            int size = types.TryGetValue(name, out string? type) ? TorchStorage.SizeOf(type) : sizeof(float);
            if (count < 0 || count > (content.Length - position) / size)
            {
                throw new ModelFormatException($"Storage '{name}' says that it has {count} values; the file ends before.");
            }

            places[name] = (position, (int)count * size);
            position += (int)count * size;
        }

        TorchTensors tensors = new((key, bytes) => places.TryGetValue(key, out (int Start, int Length) place) && place.Length >= bytes
            ? content.AsSpan(place.Start, place.Length)
            : throw new ModelFormatException($"The storage '{key}' is not in the file, or shorter than its tensors."));
        return TorchModel.Read(root, tensors, "PyTorch before 1.6", options);
    }

    private static void CollectTypes(object? value, Dictionary<string, string> types, HashSet<object> seen, int depth)
    {
        if (depth > 200)
        {
            throw new ModelFormatException("The file nests its values more than 200 deep.");
        }

        if (value is null || !seen.Add(value))
        {
            return;
        }

        switch (value)
        {
            case PicklePersistent { Id: object?[] and ["storage", PickleGlobal type, string key, ..] }:
                types.TryAdd(key, type.Name);
                break;
            case PickleObject built:
                CollectTypes(built.Arguments, types, seen, depth + 1);
                CollectTypes(built.State, types, seen, depth + 1);
                CollectTypes(built.Items, types, seen, depth + 1);
                break;
            case PickleDictionary dictionary:
                CollectTypes(dictionary.Items, types, seen, depth + 1);
                break;
            case List<KeyValuePair<object, object?>> items:
                foreach ((_, object? item) in items)
                {
                    CollectTypes(item, types, seen, depth + 1);
                }

                break;
            case IEnumerable<object?> list:
                foreach (object? item in list)
                {
                    CollectTypes(item, types, seen, depth + 1);
                }

                break;
            default:
                break;
        }
    }
}
