namespace FastMlp.Data;

/// <summary>Trains a network on the training rows of a CSV file that need not fit in memory.</summary>
public static class CsvTraining
{
    /// <summary>All that <see cref="Network.Fit(StreamedDataset, FitOptions, CancellationToken)"/> does, with the batch size and the order of the options and the validation rows of the file.</summary>
    /// <param name="network">Made for the file's features and targets.</param>
    /// <param name="file">The file; attach its <see cref="CsvBatches.Preprocessing"/> to the network before saving it.</param>
    /// <param name="options">How; <see cref="FitOptions.Validation"/> replaces the file's rows, <see cref="FitOptions.Shuffle"/> off takes them in the order of the file.</param>
    /// <param name="cancellationToken">Ends training after the batch under way.</param>
    /// <exception cref="ArgumentException">The rows do not fit the network, or the options contradict each other.</exception>
    /// <exception cref="DataFormatException">The file has changed since it was opened.</exception>
    /// <exception cref="TrainingDivergedException">The loss or a parameter stopped being finite.</exception>
    public static FitReport Fit(this Network network, CsvBatches file, FitOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        return network.Fit(file.Stream(options.BatchSize, options.Shuffle), options with { Validation = options.Validation ?? file.Validation }, cancellationToken);
    }
}
