using System.IO.Compression;
using FastMlp.Interop.Chains;
using FastMlp.Interop.Pickle;

namespace FastMlp.Interop.PyTorch;

/// <summary>PyTorch's zip (1.6 and later): <c>FOLDER/data.pkl</c> beside <c>FOLDER/data/KEY</c> for each storage, the folder of any name.</summary>
internal static class TorchZip
{
    private const string Pickle = "data.pkl";

    public static Chain Read(byte[] content, ForeignModelOptions options)
    {
        using ZipArchive zip = Content.OpenZip(content);
        ZipArchiveEntry pickle = zip.Entries.First(entry => entry.FullName.EndsWith(Pickle, StringComparison.Ordinal));
        string folder = pickle.FullName[..^Pickle.Length];
        if (zip.GetEntry(folder + "byteorder") is { } order && Content.Unpack(order, 16).AsSpan().StartsWith("big"u8))
        {
            throw new ModelFormatException("The file was written on a big-endian machine; little-endian files are read.");
        }

        Dictionary<string, byte[]> storages = [];
        TorchTensors tensors = new((key, bytes) =>
        {
            if (!storages.TryGetValue(key, out byte[]? storage))
            {
                ZipArchiveEntry entry = zip.GetEntry($"{folder}data/{key}") ?? throw new ModelFormatException($"The storage '{folder}data/{key}' is not in the file.");
                storages[key] = storage = Content.Unpack(entry, Math.Min(Math.Max(bytes, 0), int.MaxValue / 2));
            }

            return storage.Length >= bytes ? storage : throw new ModelFormatException($"The storage '{folder}data/{key}' has {storage.Length} bytes; its tensors take {bytes}.");
        });
        byte[] data = Content.Unpack(pickle, Math.Max(content.Length, 1 << 20) * 4L);
        int position = 0;
        object? root = PickleReader.Read(data, ref position);
        bool isScript = zip.Entries.Any(entry => entry.FullName.StartsWith(folder + "code/", StringComparison.Ordinal));
        return isScript
            ? TorchScript.Read(zip, folder, root, tensors, options)
            : TorchModel.Read(root, tensors, "PyTorch", options);
    }
}
