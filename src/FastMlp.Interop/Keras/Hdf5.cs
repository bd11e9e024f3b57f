using FastMlp.Interop.Chains;
using PureHDF;

namespace FastMlp.Interop.Keras;

/// <summary>What is read of an HDF5 file, with its errors in our words.</summary>
internal static class Hdf5
{
    /// <summary>Values of one tensor: a matrix of 16,384 squared is a gigabyte.</summary>
    private const long MaxValues = 268_435_456;

    /// <summary>Names in an attribute.</summary>
    private const ulong MaxTexts = 1_000_000;

    /// <summary>Runs a read over a file in memory. Whatever the reader says of a malformed file becomes a <see cref="ModelFormatException"/>.</summary>
    public static T Reading<T>(byte[] content, Func<IH5Group, T> read)
    {
        try
        {
            using MemoryStream stream = new(content, writable: false);
            using var file = H5File.Open(stream, leaveOpen: true);
            return read(file);
        }
        catch (Exception exception) when (exception is not ModelFormatException)
        {
            throw new ModelFormatException($"The HDF5 file cannot be read ({exception.Message}); it may be torn.", exception);
        }
    }

    /// <summary>A text attribute, or null where there is none.</summary>
    public static string? Text(IH5Object holder, string name)
    {
        if (!holder.AttributeExists(name))
        {
            return null;
        }

        IH5Attribute attribute = holder.Attribute(name);
        return attribute.Space.Rank == 0 ? attribute.Read<string>() : attribute.Read<string[]>() is [var only] ? only : null;
    }

    /// <summary>An attribute of texts; none where it is missing or empty (Keras writes an empty list as float64).</summary>
    public static string[] Texts(IH5Object holder, string name)
    {
        if (!holder.AttributeExists(name))
        {
            return [];
        }

        IH5Attribute attribute = holder.Attribute(name);
        ulong count = attribute.Space.Dimensions.Aggregate(1UL, (product, size) => size == 0 ? 0 : Math.Min(MaxTexts + 1, product) * Math.Min(MaxTexts + 1, size));
        return count == 0 ? []
            : count > MaxTexts ? throw new ModelFormatException($"The attribute '{name}' says that it holds more than {MaxTexts} texts.")
            : attribute.Type.Class is H5DataTypeClass.String or H5DataTypeClass.VariableLength ? [.. attribute.Read<string[]>().Select(text => text.TrimEnd('\0'))]
            : throw new ModelFormatException($"The attribute '{name}' holds no texts.");
    }

    /// <summary>A dataset of float16, float32 or float64; integers come without values, for no layer holds them.</summary>
    public static StoredTensor Tensor(IH5Dataset dataset, string name)
    {
        ulong[] sizes = dataset.Space.Dimensions;
        ulong total = 1;
        foreach (ulong size in sizes)
        {
            total = size == 0 ? 0 : total > (ulong)MaxValues / size ? (ulong)MaxValues + 1 : total * size;
        }

        if (total > (ulong)MaxValues)
        {
            throw new ModelFormatException($"Dataset '{name}' has more than {MaxValues} values.");
        }

        bool isScalar = sizes.Length == 0;
        float[] values = (dataset.Type.Class, dataset.Type.Size) switch
        {
            (H5DataTypeClass.FloatingPoint, 2) => isScalar ? [(float)dataset.Read<Half>()] : Array.ConvertAll(Flat<Half>(dataset, total), value => (float)value),
            (H5DataTypeClass.FloatingPoint, 4) => isScalar ? [dataset.Read<float>()] : Flat<float>(dataset, total),
            (H5DataTypeClass.FloatingPoint, 8) => isScalar ? [(float)dataset.Read<double>()] : Array.ConvertAll(Flat<double>(dataset, total), value => (float)value),
            _ => [],
        };
        return new StoredTensor(name, Array.ConvertAll(sizes, size => (int)size), values);
    }

    private static T[] Flat<T>(IH5Dataset dataset, ulong total)
        where T : unmanaged
    {
        T[] values = new T[total];
        dataset.Read(values, memoryDims: [total]);
        return values;
    }
}
