namespace FastMlp.Cli.Reporting;

/// <summary>The forms that predictions are written in.</summary>
internal enum PredictionFormat
{
    /// <summary>A header, then a line for each row.</summary>
    Csv,

    /// <summary>A JSON object on a line for each row.</summary>
    JsonLines,

    /// <summary>One array of float32.</summary>
    Npy,
}
