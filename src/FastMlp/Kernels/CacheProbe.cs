using FastMlp.Memory;

namespace FastMlp.Kernels;

/// <summary>
/// A small product whose operands stay in L1: it feels what the FMA peak, which lives in registers, does not. A neighbour on the
/// core's other hardware thread took a third from products on a Zen 3 and nothing from the peak.
/// </summary>
internal static unsafe class CacheProbe
{
    private const int M = 24;
    private const int N = 32;
    private const int K = 64;

    // Of each thread its own: two cores that store to the same lines would feel each other.
    [ThreadStatic]
    private static AlignedBuffer? operands;

    /// <summary>Multiply-adds of one product, for rates.</summary>
    public const double Flop = 2.0 * M * N * K;

    /// <summary>Does the product so many times.</summary>
    public static void Run(int repeats)
    {
        nint padded = GemmBlocking.Padded(N);
        operands ??= new AlignedBuffer((M * K) + (padded * K) + (M * padded));
        float* a = operands.Pointer, b = a + (M * K), c = b + (padded * K);
        GemmArguments arguments = new()
        {
            M = M,
            N = N,
            K = K,
            A = a,
            ARowStride = K,
            AColumnStride = 1,
            B = b,
            BPanelStride = K * GemmBlocking.PanelWidth(N),
            BRowStride = GemmBlocking.PanelWidth(N),
            C = c,
            CRowStride = padded,
            CPanelStride = GemmBlocking.PanelWidth(N),
            PanelVectors = GemmBlocking.PanelVectors(N),
            KBlock = K,
        };
        for (int i = 0; i < repeats; i++)
        {
            Gemm.Multiply(in arguments, new Store());
        }
    }
}
