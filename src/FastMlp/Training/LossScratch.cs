namespace FastMlp.Training;

/// <summary>Memory that a loss works in.</summary>
/// <param name="values">[rows, outputs], dense: targets in the form that the formula takes.</param>
/// <param name="rowLoss">[rows]: the loss of each row.</param>
/// <param name="rowWeights">[rows]: how much each row counts.</param>
/// <param name="labels">[rows]: the labels as they were checked.</param>
internal readonly unsafe struct LossScratch(float* values, float* rowLoss, float* rowWeights, float* labels)
{
    public float* Values => values;

    public float* RowLoss => rowLoss;

    public float* RowWeights => rowWeights;

    public int* Labels => (int*)labels;
}
