using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace FastMlp.Distributed;

/// <summary>
/// The sum of w g over shares as a binary tree: shares 2i and 2i + 1 are added, then pairs of pairs. A rank adds what lies within its own shares; those
/// sums travel in slices of parameters, each rank finishes the tree for its slice, and the slices are gathered. The tree does not depend on the ranks.
/// </summary>
internal sealed class TreeOfGradients : GradientGroup
{
    // The subtrees of each rank, in the order of their shares: what it cannot add on its own any more.
    private readonly Node[][] nodes;
    private readonly int mostNodes;
    private readonly List<Part> open = [];
    private readonly Stack<float[]> free = new();
    private readonly int[] sendCounts;
    private readonly int[] receiveCounts;
    private int next;
    private float[] received = [];

    public TreeOfGradients(Communicator communicator, int shares)
        : base(communicator)
    {
        Shares = shares;
        nodes = [.. Enumerable.Range(0, Size).Select(rank => Subtrees(First(rank), First(rank + 1)))];
        mostNodes = nodes.Max(of => of.Length);
        sendCounts = new int[Size];
        receiveCounts = new int[Size];
        next = First(Rank);
    }

    public override int Shares { get; }

    public override bool IsDeterministic => true;

    public override void Contribute(int share, Span<float> gradients, double weight)
    {
        FillWithZeros(share, gradients.Length);
        float[] sum = Rent(gradients.Length);
        TensorPrimitives.Multiply(gradients, (float)weight, sum.AsSpan(0, gradients.Length));
        Push(sum, gradients.Length);
    }

    public override void Average(Span<float> gradients, double totalWeight)
    {
        int length = gradients.Length;
        FillWithZeros(First(Rank + 1), length);
        next = First(Rank);
        float scale = totalWeight > 0 ? (float)(1 / totalWeight) : 0;
        int begin = SliceStart(length, Rank);
        int own = SliceStart(length, Rank + 1) - begin;
        if (Size > 1)
        {
            Exchange(length, own);
        }

        ReadOnlySpan<float> sum = Size > 1 ? FinishTree(own) : open[0].Values.AsSpan(0, own);
        TensorPrimitives.Multiply(sum, scale, gradients.Slice(begin, own));
        foreach (Part part in open)
        {
            free.Push(part.Values);
        }

        open.Clear();
        for (int rank = 0; rank < Size; rank++)
        {
            receiveCounts[rank] = (SliceStart(length, rank + 1) - SliceStart(length, rank)) * sizeof(float);
        }

        if (Size > 1)
        {
            Communicator.AllGather(MemoryMarshal.AsBytes(gradients), receiveCounts);
        }
    }

    /// <summary>The largest whole subtrees that make up the shares from first to end.</summary>
    private static Node[] Subtrees(int first, int end)
    {
        List<Node> found = [];
        while (first < end)
        {
            int count = first == 0 ? int.MaxValue / 2 + 1 : first & -first;
            while (count > end - first)
            {
                count /= 2;
            }

            found.Add(new Node(first, count));
            first += count;
        }

        return [.. found];
    }

    private int First(int rank) => (int)((long)rank * Shares / Size);

    /// <summary>Shares without rows count as zeros.</summary>
    private void FillWithZeros(int share, int length)
    {
        while (next < share)
        {
            float[] zeros = Rent(length);
            zeros.AsSpan(0, length).Clear();
            Push(zeros, length);
        }
    }

    /// <summary>Adds a share's values, and every pair that this completes.</summary>
    private void Push(float[] values, int length)
    {
        Part part = new(new Node(next++, 1), values);
        while (open.Count > 0 && open[^1].Node.Pairs(part.Node))
        {
            Part left = open[^1];
            open.RemoveAt(open.Count - 1);
            TensorPrimitives.Add(left.Values.AsSpan(0, length), part.Values.AsSpan(0, length), left.Values.AsSpan(0, length));
            free.Push(part.Values);
            part = left with { Node = new Node(left.Node.First, 2 * left.Node.Count) };
        }

        open.Add(part);
    }

    /// <summary>Sends each rank its slice of this rank's subtrees, one subtree of each rank at a time.</summary>
    private void Exchange(int length, int own)
    {
        int total = nodes.Sum(of => of.Length);
        if (received.Length < (long)total * own)
        {
            received = new float[checked(total * own)];
        }

        int at = 0;
        for (int k = 0; k < mostNodes; k++)
        {
            int ranks = 0;
            bool sends = k < open.Count;
            for (int rank = 0; rank < Size; rank++)
            {
                sendCounts[rank] = sends ? (SliceStart(length, rank + 1) - SliceStart(length, rank)) * sizeof(float) : 0;
                receiveCounts[rank] = k < nodes[rank].Length ? own * sizeof(float) : 0;
                ranks += k < nodes[rank].Length ? 1 : 0;
            }

            Span<float> to = received.AsSpan(at, ranks * own);
            ReadOnlySpan<float> from = sends ? open[k].Values.AsSpan(0, length) : [];
            Communicator.AllToAll(MemoryMarshal.AsBytes(from), sendCounts, MemoryMarshal.AsBytes(to), receiveCounts);
            at += ranks * own;
        }
    }

    /// <summary>Adds the subtrees of all ranks along the tree; they lie in received by their number in the rank, then by rank.</summary>
    private Span<float> FinishTree(int own)
    {
        Span<Node> sums = stackalloc Node[Size + 32];
        Span<int> places = stackalloc int[Size + 32];
        int count = 0;
        for (int rank = 0; rank < Size; rank++)
        {
            for (int k = 0; k < nodes[rank].Length; k++)
            {
                Node node = nodes[rank][k];
                int place = Place(rank, k) * own;
                while (count > 0 && sums[count - 1].Pairs(node))
                {
                    count--;
                    Span<float> left = received.AsSpan(places[count], own);
                    TensorPrimitives.Add(left, received.AsSpan(place, own), left);
                    node = new Node(sums[count].First, 2 * node.Count);
                    place = places[count];
                }

                (sums[count], places[count]) = (node, place);
                count++;
            }
        }

        return received.AsSpan(places[0], own);
    }

    private int Place(int rank, int k)
    {
        int place = 0;
        for (int other = 0; other < Size; other++)
        {
            place += Math.Min(nodes[other].Length, k) + (other < rank && nodes[other].Length > k ? 1 : 0);
        }

        return place;
    }

    private float[] Rent(int length) => free.TryPop(out float[]? values) && values.Length >= length ? values : new float[length];

    private readonly record struct Node(int First, int Count)
    {
        /// <summary>Whether the other is the right half beside this left one.</summary>
        public bool Pairs(Node right) => Count == right.Count && First + Count == right.First && First % (2 * Count) == 0;
    }

    private readonly record struct Part(Node Node, float[] Values);
}
