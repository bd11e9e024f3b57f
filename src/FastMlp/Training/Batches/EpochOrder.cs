namespace FastMlp.Training.Batches;

/// <summary>The order in which an epoch visits the rows: a shuffle that seed and epoch alone decide.</summary>
internal sealed class EpochOrder(int rows, int seed)
{
    private readonly int[] order = new int[rows];

    /// <summary>The row at each place.</summary>
    public ReadOnlySpan<int> Rows => order;

    /// <summary>Makes the order of an epoch.</summary>
    public void Shuffle(int epoch)
    {
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        CounterRandom.Shuffle(order, seed, CounterRandom.ShuffleStream + epoch);
    }
}
