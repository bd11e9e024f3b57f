namespace FastMlp.Distributed.Tests;

/// <summary>What every communicator must do.</summary>
internal static class Exchange
{
    public static void Check(Communicator communicator)
    {
        int rank = communicator.Rank, size = communicator.Size;
        for (int round = 1; round < 4; round++)
        {
            float[] sums = [.. Enumerable.Range(0, 1000 * round).Select(i => (float)(i + rank))];
            communicator.Sum(sums);
            Assert.Equal(Enumerable.Range(0, 1000 * round).Select(i => (float)((i * size) + (size * (size - 1) / 2))), sums);
            double[] doubles = [rank + 0.5, round];
            communicator.Sum(doubles);
            Assert.Equal([(size * (size - 1) / 2) + (0.5 * size), (double)round * size], doubles);

            // Rank r sends r + s + 1 bytes of value 10 r + s to rank s.
            int[] sent = [.. Enumerable.Range(0, size).Select(other => rank + other + 1)];
            byte[] from = [.. Enumerable.Range(0, size).SelectMany(other => Enumerable.Repeat((byte)((10 * rank) + other), rank + other + 1))];
            byte[] to = new byte[sent.Sum()];
            communicator.AllToAll(from, sent, to, sent);
            Assert.Equal(Enumerable.Range(0, size).SelectMany(other => Enumerable.Repeat((byte)((10 * other) + rank), rank + other + 1)), to);

            int[] counts = [.. Enumerable.Range(0, size).Select(other => 4 * other)];
            byte[] all = new byte[counts.Sum()];
            all.AsSpan(counts[..rank].Sum(), counts[rank]).Fill((byte)rank);
            communicator.AllGather(all, counts);
            Assert.Equal(Enumerable.Range(0, size).SelectMany(other => Enumerable.Repeat((byte)other, 4 * other)), all);
        }
    }
}
