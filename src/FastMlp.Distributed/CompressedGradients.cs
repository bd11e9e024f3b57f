using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace FastMlp.Distributed;

/// <summary>
/// One share for each rank, sent as bfloat16: every rank sums its slice of parameters in float32 and sends the sum as bfloat16 too. What either rounding
/// takes off is kept, and added the next time.
/// </summary>
internal sealed class CompressedGradients(Communicator communicator) : GradientGroup(communicator)
{
    private readonly int[] sendCounts = new int[communicator.Size];
    private readonly int[] receiveCounts = new int[communicator.Size];
    private float[] errors = [];
    private float[] errorsOfSum = [];
    private ushort[] sent = [];
    private ushort[] received = [];
    private double own;

    public override int Shares => Size;

    public override bool IsDeterministic => false;

    public override void Contribute(int share, Span<float> gradients, double weight) => own = weight;

    public override void Average(Span<float> gradients, double totalWeight)
    {
        if (own == 0)
        {
            gradients.Clear();
        }
        else
        {
            TensorPrimitives.Multiply(gradients, (float)(own / totalWeight), gradients);
        }

        own = 0;
        int length = gradients.Length;
        int begin = SliceStart(length, Rank);
        int slice = SliceStart(length, Rank + 1) - begin;
        if (errors.Length != length)
        {
            errors = new float[length];
            errorsOfSum = new float[slice];
            sent = new ushort[length];
            received = new ushort[checked(slice * Size)];
        }

        Compress(gradients, errors, sent);
        for (int rank = 0; rank < Size; rank++)
        {
            sendCounts[rank] = (SliceStart(length, rank + 1) - SliceStart(length, rank)) * sizeof(ushort);
            receiveCounts[rank] = slice * sizeof(ushort);
        }

        Communicator.AllToAll(MemoryMarshal.AsBytes(sent.AsSpan()), sendCounts, MemoryMarshal.AsBytes(received.AsSpan()), receiveCounts);
        Span<float> sum = gradients.Slice(begin, slice);
        sum.Clear();
        for (int rank = 0; rank < Size; rank++)
        {
            ReadOnlySpan<ushort> part = received.AsSpan(rank * slice, slice);
            for (int i = 0; i < part.Length; i++)
            {
                sum[i] += Widen(part[i]);
            }
        }

        Compress(sum, errorsOfSum, sent.AsSpan(begin, slice));
        Communicator.AllGather(MemoryMarshal.AsBytes(sent.AsSpan()), sendCounts);
        for (int i = 0; i < length; i++)
        {
            gradients[i] = Widen(sent[i]);
        }
    }

    /// <summary>Rounds values and what was left before to bfloat16 (to nearest, ties to even), and keeps what is left now.</summary>
    private static void Compress(ReadOnlySpan<float> values, Span<float> left, Span<ushort> rounded)
    {
        left = left[..values.Length];
        rounded = rounded[..values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            float value = values[i] + left[i];
            uint bits = BitConverter.SingleToUInt32Bits(value);
            ushort half = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
            rounded[i] = half;
            left[i] = value - Widen(half);
        }
    }

    private static float Widen(ushort half) => BitConverter.UInt32BitsToSingle((uint)half << 16);
}
