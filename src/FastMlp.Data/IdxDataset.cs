namespace FastMlp.Data;

/// <summary>A folder of idx files (MNIST and its kin) to rows of raw pixel values 0 to 255.</summary>
public static class IdxDataset
{
    /// <summary>Reads the four files of a folder; the test set is null where the folder has no t10k files.</summary>
    public static (Dataset Train, Dataset? Test) LoadFolder(string path, int classCount = 10) => throw new NotImplementedException();

    /// <summary>Reads one pair of image and label files.</summary>
    public static Dataset Load(string imagesPath, string labelsPath, int classCount = 10) => throw new NotImplementedException();

    /// <summary>Whether the folder holds training images in idx format, by their name.</summary>
    public static bool IsFolder(string path) => throw new NotImplementedException();
}
