namespace FastMlp.Data;

/// <summary>CSV text to rows. Feature columns hold finite numbers; a file that cannot be used is a <see cref="DataFormatException"/>.</summary>
public static class CsvDataset
{
    /// <summary>A target of whole numbers with at most this many distinct values is taken for classes.</summary>
    public const int MaxDetectedClasses = 20;

    /// <summary>Reads a file, gzip or not, with its target column.</summary>
    public static Dataset Load(string path, CsvOptions? options = null) => throw new NotImplementedException();

    /// <summary>Reads a stream, gzip or not, with its target column; <paramref name="source"/> names it in messages.</summary>
    public static Dataset Load(Stream stream, CsvOptions? options = null, string source = "CSV") => throw new NotImplementedException();

    /// <summary>Reads text with its target column; <paramref name="source"/> names it in messages.</summary>
    public static Dataset Load(TextReader reader, CsvOptions? options = null, string source = "CSV") => throw new NotImplementedException();

    /// <summary>Reads a file as a trained model needs it: its features by name, its target, its classes. For evaluation.</summary>
    public static Dataset Load(string path, Preprocessing preprocessing, CsvOptions? options = null) => throw new NotImplementedException();

    /// <summary>Reads text as a trained model needs it: its features by name, its target, its classes. For evaluation.</summary>
    public static Dataset Load(TextReader reader, Preprocessing preprocessing, CsvOptions? options = null, string source = "CSV") => throw new NotImplementedException();

    /// <summary>Reads only the features that a trained model needs, by name; a target column may be there or not. For prediction.</summary>
    public static FeatureTable LoadFeatures(string path, Preprocessing preprocessing, CsvOptions? options = null) => throw new NotImplementedException();

    /// <summary>Reads only the features that a trained model needs, by name; a target column may be there or not. For prediction.</summary>
    public static FeatureTable LoadFeatures(TextReader reader, Preprocessing preprocessing, CsvOptions? options = null, string source = "CSV") => throw new NotImplementedException();
}
