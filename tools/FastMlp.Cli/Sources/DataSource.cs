using FastMlp.Cli.Reporting;
using FastMlp.Data;
using FastMlp.Serialization;

namespace FastMlp.Cli.Sources;

/// <summary>What DATA on the command line means: a built-in data set, a folder of idx files, or a file of CSV, NumPy or libsvm by its name.</summary>
internal sealed class DataSource
{
    /// <summary>DATA that is read from standard input.</summary>
    private const string StandardInput = "-";

    private readonly string argument;
    private readonly Func<Stream>? input;
    private readonly BuiltInDataset? builtIn;

    private DataSource(Func<Stream> input)
    {
        argument = "standard input";
        this.input = input;
        Name = "stdin";
    }

    private DataSource(string argument, BuiltInDataset? builtIn)
    {
        this.argument = argument;
        this.builtIn = builtIn;
        IsIdxFolder = builtIn is null && Directory.Exists(argument);
        Name = builtIn?.Name ?? NameOfPath(argument, IsIdxFolder);
    }

    /// <summary>A short name without a path: <c>digits</c>, <c>mnist</c> for a folder, <c>cars</c> for cars.csv.gz.</summary>
    public string Name { get; }

    public bool IsIdxFolder { get; }

    /// <summary>Pixels in a line of the square image that a row is; 0 where it is none.</summary>
    public int ImageWidth(int features)
    {
        int side = (int)Math.Round(Math.Sqrt(features));
        return (IsIdxFolder || builtIn?.Name == "digits") && side * side == features ? side : 0;
    }

    /// <summary>Whether it comes once: standard input.</summary>
    public bool IsReadOnce => input is not null;

    /// <summary>Whether it is text with columns, which is what a file is unless its name says otherwise.</summary>
    public bool IsCsv => builtIn is null && !IsIdxFolder && !IsNumpy && !IsLibsvm;

    private bool IsNumpy => builtIn is null && !IsIdxFolder && HasExtension(".npz", ".npy", ".npy.gz");

    private bool IsLibsvm => builtIn is null && !IsIdxFolder && HasExtension(".libsvm", ".svm", ".svmlight", ".libsvm.gz", ".svm.gz", ".svmlight.gz");

    /// <summary>What DATA names, with '-' for CSV text on standard input, which is read once.</summary>
    public static DataSource Find(string argument, Func<Stream>? input) => argument == StandardInput && input is not null ? new DataSource(input) : Find(argument);

    /// <summary>A built-in name comes before a file of that name; <c>./digits</c> is the file.</summary>
    public static DataSource Find(string argument)
    {
        if (BuiltInDatasets.TryGet(argument, out BuiltInDataset? builtIn))
        {
            return new DataSource(argument, builtIn);
        }

        if (Directory.Exists(argument))
        {
            return IdxDataset.IsFolder(argument)
                ? new DataSource(argument, null)
                : throw new CommandFailedException($"the folder '{argument}' has no idx files; wanted are train-images-idx3-ubyte and train-labels-idx1-ubyte, with .gz or without.");
        }

        if (!File.Exists(argument))
        {
            throw NotFound(argument);
        }

        if (IsNamedPipe(argument))
        {
            throw new CommandFailedException($"'{argument}' is a named pipe, and data are opened more than once; give - as DATA and the pipe as standard input: - < {argument}");
        }

        FileKind.CheckData(argument);
        return new DataSource(argument, null);
    }

    /// <summary>The rows to train on as they stand in the data, and the test set that comes with them, if one does.</summary>
    public (RawTable Rows, Dataset? Test) LoadTable(CsvOptions options)
    {
        if (input is not null)
        {
            return (CsvDataset.LoadTable(input(), options, argument), null);
        }

        if (IsCsv)
        {
            return (CsvDataset.LoadTable(argument, options), null);
        }

        if (options.Target is not null && !IsNumpy)
        {
            throw new UsageException($"--target chooses a column of a CSV file, an array of an npz file or a column of an npy file; {Name} has its target built in.");
        }

        if (options.Missing != Missing.Error || options.MissingIn.Count + options.Categorical.Count + options.Ignore.Count + options.Ids.Count + options.Kinds.Count > 0)
        {
            throw new UsageException($"--missing, --columns, --categorical, --ignore and --ids are for the columns of a CSV file; {Name} has numbers only, and no gaps.");
        }

        (Dataset rows, Dataset? test) = Load(options.Target, options.Task);
        return options.Task is null || options.Task == DataTask.Classification == rows.IsClassification
            ? (RawTable.Of(rows), test)
            : throw new CommandFailedException($"{Name} has {(rows.IsClassification ? "classes" : "values")} to learn; --task {(rows.IsClassification ? "regress needs values" : "classify needs classes")}.");
    }

    /// <summary>The same rows in parts: a CSV file as it is read, so that it need not fit in memory, anything else whole.</summary>
    public IEnumerable<Dataset> ReadFor(Preprocessing preprocessing, CsvOptions? csv = null, ReadingTally? tally = null) =>
        input is not null ? CsvDataset.LoadBatches(input(), preprocessing, BatchRows(preprocessing), csv, argument, tally)
        : IsCsv ? CsvDataset.LoadBatches(argument, preprocessing, BatchRows(preprocessing), csv, tally) : [LoadFor(preprocessing)];

    /// <summary>The rows as a trained model wants them, not yet scaled; the test set where the data come with one.</summary>
    public Dataset LoadFor(Preprocessing preprocessing, CsvOptions? csv = null, ReadingTally? tally = null)
    {
        if (input is not null)
        {
            return CsvDataset.LoadBatches(input(), preprocessing, int.MaxValue, csv, argument, tally).First();
        }

        if (IsCsv)
        {
            return CsvDataset.Load(argument, preprocessing, csv, tally);
        }

        if (IsNumpy || IsLibsvm)
        {
            return IsNumpy ? NumpyDataset.Load(argument, preprocessing) : LibsvmDataset.Load(argument, preprocessing);
        }

        (Dataset rows, Dataset? test) = Load();
        Dataset data = test ?? rows;
        CheckFeatures(data.InputSize, preprocessing);
        if (data.IsClassification != (preprocessing.Task == DataTask.Classification))
        {
            throw new CommandFailedException($"{Name} has {(data.IsClassification ? "classes" : "values")} to learn; the model was trained for {(data.IsClassification ? "values" : "classes")}.");
        }

        if (data.ClassNames.Count > 0 && preprocessing.ClassNames.Count > 0 && !data.ClassNames.SequenceEqual(preprocessing.ClassNames))
        {
            throw new CommandFailedException($"{Name} has the classes {Listing.Of(data.ClassNames)}; the model tells {Listing.Of(preprocessing.ClassNames)} apart.");
        }

        return data;
    }

    /// <summary>The features only, [rows, inputSize], not yet scaled, in parts like those of <see cref="ReadFor"/>, and the texts to keep.</summary>
    public IEnumerable<KeptRows> ReadFeaturesFor(Preprocessing preprocessing, CsvOptions? csv = null, ReadingTally? tally = null)
    {
        if (input is not null)
        {
            return CsvDataset.LoadFeatureBatches(input(), preprocessing, BatchRows(preprocessing), csv, argument, tally).Select(KeptRows.Of);
        }

        if (IsCsv)
        {
            return CsvDataset.LoadFeatureBatches(argument, preprocessing, BatchRows(preprocessing), csv, tally).Select(KeptRows.Of);
        }

        if (csv?.Keep.Count > 0)
        {
            throw new UsageException($"--keep names columns of a CSV file; {Name} has no columns of text.");
        }

        if (IsNumpy || IsLibsvm)
        {
            return [KeptRows.Of(IsNumpy ? NumpyDataset.LoadFeatures(argument, preprocessing) : LibsvmDataset.LoadFeatures(argument, preprocessing))];
        }

        (Dataset rows, Dataset? test) = Load();
        CheckFeatures(rows.InputSize, preprocessing);
        return [new KeptRows((test ?? rows).Features.ToArray(), [])];
    }

    /// <summary>Rows of a part: 16 MB of features, and not so many that figures wait long for the first.</summary>
    private static int BatchRows(Preprocessing preprocessing) => Math.Clamp((1 << 22) / preprocessing.Features.Size, 1, 1 << 14);

    private (Dataset Rows, Dataset? Test) Load(string? target = null, DataTask? task = null) =>
        builtIn is not null ? (builtIn.Load(), null)
        : IsNumpy ? (NumpyDataset.Load(argument, new NumpyOptions { Target = target, Task = task }), null)
        : IsLibsvm ? (LibsvmDataset.Load(argument, new LibsvmOptions { Task = task }), null)
        : IdxDataset.LoadFolder(argument);

    private bool HasExtension(params ReadOnlySpan<string> extensions)
    {
        foreach (string extension in extensions)
        {
            if (argument.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private void CheckFeatures(int inputSize, Preprocessing preprocessing)
    {
        if (inputSize != preprocessing.Features.Size)
        {
            throw new CommandFailedException($"{Name} has {Text.Count(inputSize, "feature")} in a row; the model takes {Text.Count(preprocessing.Features.Size)}.");
        }
    }

    /// <summary>Pipes that a shell opened, under /dev and /proc, give their text once and are read once.</summary>
    private static bool IsNamedPipe(string path) =>
        AtomicFile.IsDevice(path) && !Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal) && !Path.GetFullPath(path).StartsWith("/proc/", StringComparison.Ordinal);

    private static CommandFailedException NotFound(string argument)
    {
        bool isPath = argument.AsSpan().ContainsAny('/', '\\', '.');
        if (isPath)
        {
            return new CommandFailedException($"there is no file or folder '{argument}'.");
        }

        string? nearest = Spelling.Nearest(argument, BuiltInDatasets.Names);
        string names = string.Join(", ", BuiltInDatasets.Names);
        return new CommandFailedException(nearest is null
            ? $"there is no built-in data set, file or folder '{argument}'; built in are {names}."
            : $"there is no built-in data set, file or folder '{argument}'; did you mean {nearest}? Built in are {names}.");
    }

    private static string NameOfPath(string path, bool isFolder)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (isFolder)
        {
            return name.Length > 0 ? name : "data";
        }

        name = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;
        string withoutExtension = Path.GetFileNameWithoutExtension(name);
        return withoutExtension.Length > 0 ? withoutExtension : "data";
    }
}
