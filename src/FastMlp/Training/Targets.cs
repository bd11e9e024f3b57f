namespace FastMlp.Training;

/// <summary>What a batch should give: float rows, dense, or one class label a row; and how much each row counts.</summary>
/// <param name="values">[rows, targets]; null where there are labels.</param>
/// <param name="labels">[rows]; null where there are values.</param>
/// <param name="weights">[rows]; null where all rows count alike.</param>
internal readonly unsafe struct Targets(float* values, int* labels, float* weights = null)
{
    public float* Values => values;

    public int* Labels => labels;

    public float* Weights => weights;

    public bool AreLabels => labels != null;

    /// <summary>Those of the rows from <paramref name="start"/> on, rows of <paramref name="size"/> values.</summary>
    public Targets Slice(nint start, int size) =>
        new(values == null ? null : values + (start * size), labels == null ? null : labels + start, weights == null ? null : weights + start);
}
