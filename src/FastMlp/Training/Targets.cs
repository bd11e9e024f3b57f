namespace FastMlp.Training;

/// <summary>What a batch should give: float rows [rows, outputs], dense, or one class label a row.</summary>
internal readonly unsafe struct Targets(float* values, int* labels)
{
    public float* Values => values;

    public int* Labels => labels;

    public bool AreLabels => labels != null;
}
