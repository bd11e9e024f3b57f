using System.Globalization;

namespace FastMlp.Data;

/// <summary>
/// A folder of idx files (MNIST and its kin) to rows. Values stay the raw bytes, 0 to 255, as floats: scaling is a
/// <see cref="Scaler"/> (such as <see cref="Scaling.Pixels"/>), which travels with the model and so is the same at prediction.
/// </summary>
public static class IdxDataset
{
    /// <summary>
    /// Reads train-images*, train-labels*, t10k-images* and t10k-labels* (idx3-ubyte and idx1-ubyte after a hyphen or a point, with .gz or
    /// not; unpacked first where both are there). The test set is null where the folder has no t10k files.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="classCount">Classes: labels run from 0 to one less.</param>
    /// <exception cref="DataFormatException">A file is missing, damaged, of another size than its partner, or holds a label out of range.</exception>
    /// <exception cref="IOException">The folder or a file cannot be read.</exception>
    public static (Dataset Train, Dataset? Test) LoadFolder(string path, int classCount = 10)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            throw new DirectoryNotFoundException($"The folder {path} does not exist; a folder of idx files was expected.");
        }

        string trainImages = FindImages(path, "train") ?? throw Missing(path, "train-images-idx3-ubyte");
        string trainLabels = FindLabels(path, "train") ?? throw Missing(path, "train-labels-idx1-ubyte");
        string? testImages = FindImages(path, "t10k");
        string? testLabels = FindLabels(path, "t10k");
        if (testImages is null != testLabels is null)
        {
            throw Missing(path, testImages is null ? "t10k-images-idx3-ubyte" : "t10k-labels-idx1-ubyte");
        }

        Dataset train = Load(trainImages, trainLabels, classCount);
        if (testImages is null)
        {
            return (train, null);
        }

        Dataset test = Load(testImages, testLabels!, classCount);
        return test.InputSize == train.InputSize
            ? (train, test)
            : throw new DataFormatException($"{testImages}: an image has {test.InputSize} pixels; those of {trainImages} have {train.InputSize}.");
    }

    /// <summary>Reads one pair of image and label files.</summary>
    /// <param name="imagesPath">The images, [count, rows, columns].</param>
    /// <param name="labelsPath">Their labels, [count].</param>
    /// <param name="classCount">Classes: labels run from 0 to one less.</param>
    /// <exception cref="DataFormatException">A file is damaged, the counts differ, or a label is out of range.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Dataset Load(string imagesPath, string labelsPath, int classCount = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        IdxArray labels = IdxReader.ReadLabels(labelsPath);
        IdxArray images = IdxReader.ReadImages(imagesPath);
        return Join(images, imagesPath, labels, labelsPath, classCount);
    }

    /// <summary>Whether the folder holds training images in idx format, by their name.</summary>
    public static bool IsFolder(string path) => Directory.Exists(path) && FindImages(path, "train") is not null;

    internal static Dataset Join(IdxArray images, string imagesSource, IdxArray labels, string labelsSource, int classCount)
    {
        if (images.Shape[0] != labels.Shape[0])
        {
            throw new DataFormatException($"{labelsSource}: {labels.Shape[0]} labels for the {images.Shape[0]} images of {imagesSource}; the counts must be equal.");
        }

        // 8 bytes of header stand before the first label.
        int bad = labels.Data.IndexOfAnyExceptInRange((byte)0, (byte)Math.Min(classCount - 1, byte.MaxValue));
        if (bad >= 0)
        {
            throw new DataFormatException($"{labelsSource}: the label at offset {8 + (long)bad} is {labels.Data[bad]}; 0 to {classCount - 1} was expected.");
        }

        int[] classes = new int[labels.Data.Length];
        for (int i = 0; i < classes.Length; i++)
        {
            classes[i] = labels.Data[i];
        }

        float[] pixels = new float[images.Data.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = images.Data[i];
        }

        return new Dataset(pixels, images.Shape[1] * images.Shape[2], classes, classCount)
        {
            ClassNames = [.. Enumerable.Range(0, classCount).Select(c => c.ToString(CultureInfo.InvariantCulture))],
            TargetNames = ["label"],
        };
    }

    private static string? FindImages(string folder, string set) => Find(folder, $"{set}-images", "idx3-ubyte");

    private static string? FindLabels(string folder, string set) => Find(folder, $"{set}-labels", "idx1-ubyte");

    private static string? Find(string folder, string stem, string type)
    {
        foreach (string end in (ReadOnlySpan<string>)["", ".gz"])
        {
            foreach (string separator in (ReadOnlySpan<string>)["-", "."])
            {
                string path = Path.Combine(folder, stem + separator + type + end);
                if (File.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }

    private static DataFormatException Missing(string folder, string file) =>
        new($"{folder}: the file {file} (or {file}.gz) is missing; a folder of idx files holds train-images, train-labels and, for a test set, t10k-images and t10k-labels.");
}
