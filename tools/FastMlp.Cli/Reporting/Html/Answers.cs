namespace FastMlp.Cli.Reporting.Html;

/// <summary>What the network answers to the rows of a report, one by one: probabilities, or values in the unit of the data.</summary>
internal sealed class Answers
{
    private readonly Dataset rows;
    private readonly float[] outputs;
    private readonly float[] targets;

    public Answers(ReportSubject subject, Dataset rows)
    {
        this.rows = rows;
        outputs = subject.Network.Predict(rows.Features);
        targets = rows.IsClassification ? [] : rows.Targets.ToArray();
        Classes = rows.IsClassification ? rows.TargetSize : 0;
        if (Classes == 2 && subject.Network.OutputSize == 1)
        {
            outputs = [.. outputs.SelectMany(one => new[] { 1 - one, one })];
        }

        if (!rows.IsClassification)
        {
            subject.Preprocessing.InverseTargets(outputs);
            subject.Preprocessing.Targets?.Inverse(targets);
        }
    }

    public int Rows => rows.Rows;

    public int Classes { get; }

    /// <summary>Values of one answer.</summary>
    public int Size => outputs.Length / Math.Max(rows.Rows, 1);

    public ReadOnlySpan<float> Outputs => outputs;

    /// <summary>Whether the outputs are from 0 to 1, as those of a softmax are and those of an imported network may not be.</summary>
    public bool AreProbabilities => Classes > 0 && Array.TrueForAll(outputs, value => value is >= 0 and <= 1);

    public ReadOnlySpan<float> Of(int row) => outputs.AsSpan(row * Size, Size);

    public ReadOnlySpan<float> Target(int row) => targets.AsSpan(row * Size, Size);

    public int Label(int row) => rows.Labels[row];

    /// <summary>The class with the largest output; the first of equals.</summary>
    public int Best(int row)
    {
        ReadOnlySpan<float> own = Of(row);
        int best = 0;
        for (int i = 1; i < own.Length; i++)
        {
            best = own[i] > own[best] ? i : best;
        }

        return best;
    }

    /// <summary>How wrong an answer is: the deficit of the true class, or the distance in the unit of the data.</summary>
    public double Error(int row)
    {
        if (Classes > 0)
        {
            return Of(row)[Best(row)] - Of(row)[Label(row)];
        }

        double most = 0;
        for (int i = 0; i < Size; i++)
        {
            most = Math.Max(most, Math.Abs(Of(row)[i] - Target(row)[i]));
        }

        return most;
    }
}
