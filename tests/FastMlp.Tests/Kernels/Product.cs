using FastMlp.Kernels;
using FastMlp.Simd;
using FastMlp.Tests.Simd;

namespace FastMlp.Tests.Kernels;

/// <summary>One product with its operands, in poisoned buffers, laid out as asked.</summary>
internal sealed unsafe class Product<TSimd, TVec>(int m, int n, int k, int vectors)
    where TSimd : struct, ISimd<TVec>
    where TVec : unmanaged
{
    private readonly float[] b = Numbers(k * n, 2);
    private readonly float[] start = Numbers(m * n, 3);

    /// <summary>A [m, k], row-major.</summary>
    public float[] A { get; init; } = Numbers(m * k, 1);

    public nint KBlock { get; init; } = Math.Max(1, k);

    public bool TransposeA { get; init; }

    public bool PanelsOfC { get; init; }

    /// <summary>Whether the kernel gets B as bfloat16; the references then take the rounded values.</summary>
    public bool IsBFloat16 { get; init; }

    /// <summary>The columns of the panels of B^T that the kernel gets instead of panels of B; 0 if not.</summary>
    public int TurnedWidth { get; init; }

    private int Width => vectors * TSimd.Width;

    private int Panels => (n + Width - 1) / Width;

    public static float[] Numbers(int count, int seed)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)((2 * random.NextDouble()) - 1);
        }

        return values;
    }

    public float[] Start => start;

    public float[] Run(int first, int rows) => Run(first, rows, default(Store));

    /// <summary>All rows with an epilogue that reads C, which holds <see cref="Start"/> at first.</summary>
    public float[] RunOnStart<TEpilogue>(TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue => Run(0, m, epilogue, holdsStart: true);

    /// <summary>Rows first to first + rows - 1 of C, row-major.</summary>
    public float[] Run<TEpilogue>(int first, int rows, TEpilogue epilogue, int threads = 1, bool holdsStart = false)
        where TEpilogue : unmanaged, IEpilogue
    {
        // A with a few floats of poison after each row (or column).
        int strideA = (TransposeA ? m : k) + 3;
        PoisonedBuffer bufferA = new(NaNs(Math.Max(1, strideA * (TransposeA ? k : m))));
        for (int i = 0; i < m; i++)
        {
            for (int p = 0; p < k; p++)
            {
                bufferA.Values[TransposeA ? (p * strideA) + i : (i * strideA) + p] = A[(i * k) + p];
            }
        }

        PoisonedBuffer bufferB = new(Panels * Width * Math.Max(1, k));
        for (int p = 0; p < k; p++)
        {
            for (int j = 0; j < n; j++)
            {
                bufferB.Values[(j / Width * Width * k) + (p * Width) + (j % Width)] = b[(p * n) + j];
            }
        }

        if (IsBFloat16)
        {
            PoisonedBuffer words = new(bufferB.Values.Length / 2);
            BFloat16.Pack(bufferB.Pointer, Panels * k, TSimd.Width, words.Pointer);
            bufferB = words;
        }

        int rowB = IsBFloat16 ? TSimd.Width : Width;
        int panelB = rowB * k;
        PanelForm form = IsBFloat16 ? PanelForm.BFloat16 : PanelForm.Panels;
        if (TurnedWidth > 0)
        {
            (rowB, panelB, form) = (TurnedWidth, TurnedWidth * n, PanelForm.Transposed);
            bufferB = new((k + TurnedWidth - 1) / TurnedWidth * panelB);
            for (int p = 0; p < k; p++)
            {
                for (int j = 0; j < n; j++)
                {
                    bufferB.Values[(p / TurnedWidth * panelB) + (j * TurnedWidth) + (p % TurnedWidth)] = b[(p * n) + j];
                }
            }
        }

        int strideC = PanelsOfC ? Width : (Panels * Width) + 5;
        int panelC = PanelsOfC ? rows * Width : Width;
        PoisonedBuffer bufferC = new(NaNs(Math.Max(1, PanelsOfC ? Panels * panelC : rows * strideC)));
        for (int i = 0; i < rows && holdsStart; i++)
        {
            for (int j = 0; j < n; j++)
            {
                bufferC.Values[(j / Width * panelC) + (i * strideC) + (j % Width)] = start[((first + i) * n) + j];
            }
        }

        GemmArguments arguments = new()
        {
            M = rows,
            N = n,
            K = k,
            A = bufferA.Pointer + (first * (TransposeA ? 1 : strideA)),
            ARowStride = TransposeA ? 1 : strideA,
            AColumnStride = TransposeA ? strideA : 1,
            B = bufferB.Pointer,
            BPanelStride = panelB,
            BRowStride = rowB,
            BForm = form,
            C = bufferC.Pointer,
            CRowStride = strideC,
            CPanelStride = panelC,
            PanelVectors = vectors,
            KBlock = KBlock,
        };
        Gemm.Multiply<TSimd, TVec, TEpilogue>(in arguments, epilogue, threads);
        bufferC.Check($"{TSimd.Name} {m} x {n} x {k}");
        float[] result = new float[rows * n];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < n; j++)
            {
                result[(i * n) + j] = bufferC.Values[(j / Width * panelC) + (i * strideC) + (j % Width)];
            }

            for (int j = Panels * Width; j < strideC && !PanelsOfC; j++)
            {
                Assert.True(float.IsNaN(bufferC.Values[(i * strideC) + j]), $"{TSimd.Name} {m} x {n} x {k}: wrote column {j} of row {i}");
            }
        }

        return result;
    }

    public void CheckAgainstReference()
    {
        float[] c = Run(0, m);
        float[] values = ReferenceB();
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                double size = 0;
                for (int p = 0; p < k; p++)
                {
                    double term = (double)A[(i * k) + p] * values[(p * n) + j];
                    sum += term;
                    size += Math.Abs(term);
                }

                // Every product and every sum rounds once: (k + 2) half units in the last place of the sum of sizes.
                double bound = (k + 2) * size * 6e-8;
                Assert.True(
                    Math.Abs(c[(i * n) + j] - sum) <= bound,
                    $"{TSimd.Name} {m} x {n} x {k}, {vectors} vectors, block {KBlock}: C[{i}, {j}] is {c[(i * n) + j]}, not {sum}");
            }
        }
    }

    /// <summary>
    /// The same C by plain loops that leave no step out: for each element a chain of multiply-adds over each block of k, fused
    /// or not as the policy does it, and the chains' sums added in order.
    /// </summary>
    public float[] Chains()
    {
        bool isFused = Fused.By<TSimd, TVec>();
        float[] values = ReferenceB();
        float[] c = new float[m * n];
        float[] sums = new float[n];
        for (int i = 0; i < m; i++)
        {
            Span<float> row = c.AsSpan(i * n, n);
            for (int block = 0; block == 0 || block < k; block += (int)KBlock)
            {
                Array.Clear(sums);
                for (int p = block; p < Math.Min(k, block + KBlock); p++)
                {
                    Fused.Add(isFused, A[(i * k) + p], values.AsSpan(p * n, n), sums);
                }

                for (int j = 0; j < n; j++)
                {
                    row[j] = block == 0 ? sums[j] : row[j] + sums[j];
                }
            }
        }

        return c;
    }

    /// <summary>Every bit is that of <see cref="Chains"/>; where that is NaN, any NaN.</summary>
    public void CheckAgainstChains(string what, int threads = 1) =>
        Same.Bits(Chains(), Run(0, m, default(Store), threads), $"{TSimd.Name} {m} x {n} x {k}, {vectors} vectors, block {KBlock}, {what}");

    private float[] ReferenceB() => IsBFloat16 ? Array.ConvertAll(b, RoundedExactly.ToBFloat16) : b;

    private static float[] NaNs(int count)
    {
        float[] values = new float[count];
        values.AsSpan().Fill(float.NaN);
        return values;
    }
}
