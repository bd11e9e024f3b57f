using System.CommandLine;
using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli;

/// <summary><c>fastmlp predict</c>: one line for each row of the data.</summary>
internal static class PredictCommand
{
    private const string StandardInput = "-";

    private static readonly Argument<string> modelPath = new("MODEL") { Description = "A model file" };

    private static readonly Argument<string> dataName = new("DATA")
    {
        Description = "A CSV file with the features of the training data in any order, '-' for CSV on standard input, a NumPy or libsvm file, a built-in data set or a folder of idx files",
    };

    private static readonly Option<string?> output = new("--out") { HelpName = "FILE.csv", Description = "Write here instead of to standard output" };

    private static readonly Option<bool> probabilities = new("--probabilities") { Description = "Give the probability of every class" };

    public static Command Create(CommandConsole console)
    {
        dataName.OffersDataSets();
        Command command = new("predict", "Predict each row: the class and its probability, or the value in the unit of the training data.")
        {
            modelPath, dataName, output, probabilities,
        };
        command.SetAction(parsed =>
        {
            using StoredModel model = StoredModel.Load(parsed.GetRequiredValue(modelPath));
            if (parsed.GetValue(probabilities) && !model.Classifies)
            {
                throw new UsageException("--probabilities is for models that tell classes apart; this one predicts a value.");
            }

            string? outputPath = parsed.GetValue(output);
            Predictions predictions = Predict(model, parsed.GetRequiredValue(dataName), console);
            if (outputPath is not null)
            {
                using StreamWriter file = new(outputPath, append: false);
                predictions.WriteCsv(file, parsed.GetValue(probabilities));
            }
            else if (!parsed.GetValue(Cli.JsonOption))
            {
                predictions.WriteCsv(console.Output, parsed.GetValue(probabilities));
            }

            if (parsed.GetValue(Cli.JsonOption))
            {
                console.WriteJson(json =>
                {
                    json.WriteString("command", "predict");
                    json.WriteString("model", model.Path);
                    predictions.Write(json, outputPath, parsed.GetValue(probabilities));
                });
            }
            else if (outputPath is not null)
            {
                console.Error.WriteLine($"wrote {Text.Count(predictions.Rows, "row")} to {outputPath}");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Predictions Predict(StoredModel model, string dataName, CommandConsole console)
    {
        float[] features = dataName == StandardInput
            ? CsvDataset.LoadFeatures(console.Input, model.Preprocessing, source: "standard input").Features.ToArray()
            : DataSource.Find(dataName).LoadFeaturesFor(model.Preprocessing).ToArray();
        model.Preprocessing.Features.Transform(features);
        float[] outputs = model.Network.Predict(features);
        model.Preprocessing.InverseTargets(outputs);
        return new Predictions(model, outputs);
    }
}
