using FastMlp.Cli.Arguments;
using FastMlp.Cli.Reporting;
using FastMlp.Cli.Sources;
using FastMlp.Data;

namespace FastMlp.Cli.Training;

/// <summary>How one model answered each row.</summary>
/// <param name="Path">The model's file.</param>
/// <param name="Score">Its figures on all rows.</param>
/// <param name="Truth">The true answer of each row: the class by name, or nothing where the answers are values.</param>
/// <param name="Named">The class that the model named in each row; empty where the answers are values.</param>
/// <param name="Targets">The true values, in the unit of the data; empty for classes.</param>
/// <param name="SquaredErrors">The squared error of each row, in the unit of the data; empty for classes.</param>
internal sealed record Answered(string Path, Score Score, IReadOnlyList<string> Truth, IReadOnlyList<string> Named, IReadOnlyList<double> Targets, IReadOnlyList<double> SquaredErrors)
{
    public static Answered Of(string path, DataSource source, CsvOptions csv, Action<string> note)
    {
        using StoredModel model = StoredModel.Load(path, new ModelReading(new(), new()), note);
        Scoring scoring = new(model.Network, model.Preprocessing, model.Baseline);
        List<string> truth = [];
        List<string> named = [];
        List<double> targets = [];
        List<double> errors = [];
        ReadingTally tally = new(model.Preprocessing);
        RowFingerprints? seen = model.Provenance?.SeenRows is { } text ? RowFingerprints.Parse(text) : null;
        int trained = 0;
        foreach (Dataset part in source.ReadFor(model.Preprocessing, csv, tally).Where(part => part.Rows > 0))
        {
            trained += seen is null ? 0 : Enumerable.Range(0, part.Rows).Count(row => seen.Contain(part, row));
            Dataset scaled = model.Preprocessing.Transform(part);
            scoring.Add(scaled);
            float[] outputs = model.Network.Predict(scaled.Features);
            if (model.Classifies)
            {
                AddClasses(scaled.Labels, outputs);
            }
            else
            {
                AddValues(scaled.Targets.ToArray(), outputs);
            }
        }

        foreach (string surprise in WhatWasRead.Surprises(tally))
        {
            note($"{path}: {surprise["note: ".Length..]}");
        }

        if (trained > 0)
        {
            note($"{path} was trained on {Text.Count(trained)} of these rows; its figures are too good by them.");
        }

        return truth.Count + targets.Count > 0
            ? new Answered(path, scoring.Score, truth, named, targets, errors)
            : throw new CommandFailedException($"{source.Name} has no rows.");

        void AddClasses(ReadOnlySpan<int> labels, float[] outputs)
        {
            IReadOnlyList<string> names = model.ClassNames;
            int width = model.Network.OutputSize;
            float threshold = model.Network.OutputActivation == Activation.Sigmoid ? 0.5f : 0; // of a logit
            for (int row = 0; row < labels.Length; row++)
            {
                ReadOnlySpan<float> answer = outputs.AsSpan(row * width, width);
                int best = width == 1 && answer[0] > threshold ? 1 : 0;
                for (int c = 1; c < width; c++)
                {
                    best = answer[c] > answer[best] ? c : best;
                }

                truth.Add(names[labels[row]]);
                named.Add(names[best]);
            }
        }

        void AddValues(float[] wanted, float[] outputs)
        {
            model.Preprocessing.InverseTargets(wanted);
            model.Preprocessing.InverseTargets(outputs);
            int size = model.Network.OutputSize;
            for (int row = 0; row < wanted.Length / size; row++)
            {
                double sum = 0;
                for (int i = row * size; i < (row + 1) * size; i++)
                {
                    double difference = (double)outputs[i] - wanted[i];
                    sum += difference * difference;
                    targets.Add(wanted[i]);
                }

                errors.Add(sum / size);
            }
        }
    }
}
