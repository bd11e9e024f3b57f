using System.Runtime.CompilerServices;

namespace FastMlp.PerfGuard;

/// <summary>
/// C[m,n] = A[m,k] B[n,k]^T, as written by someone in a hurry: the second yardstick beside the FMA peak.
/// </summary>
/// <remarks>
/// Frozen. Every figure in perf/baselines is also a ratio to this code, so a change here makes all of them worthless.
/// It is scalar on purpose: its speed hangs on the clock and the runtime, and on nothing in src.
/// </remarks>
internal static class NaiveKernel
{
    private const int M = 16;
    private const int N = 32;
    private const int K = 128;

    private static readonly float[] a = Numbers.Uniform(M * K, 1);
    private static readonly float[] b = Numbers.Uniform(N * K, 2);
    private static readonly float[] c = new float[M * N];

    public const double Flop = 2.0 * M * N * K;

    public static void Run(int repeats)
    {
        for (int i = 0; i < repeats; i++)
        {
            Multiply(a, b, c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply(float[] a, float[] b, float[] c)
    {
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
            {
                float sum = 0;
                for (int p = 0; p < K; p++)
                {
                    sum += a[(i * K) + p] * b[(j * K) + p];
                }

                c[(i * N) + j] = sum;
            }
        }
    }
}
