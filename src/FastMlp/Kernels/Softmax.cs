using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>a_k = e^(z_k - max) / sum over j of e^(z_j - max), row by row, with its backward pass and its fusion with cross-entropy.</summary>
/// <remarks>
/// Three passes along each row: the maximum, the exponentials and their sum, the quotients. Rows of few columns go to <see cref="NarrowSoftmax"/>.
/// Rows are independent: the bits of a row depend on its contents and the instruction set alone. A row that holds
/// NaN or +infinity, or nothing but -infinity, becomes NaN. Nothing past the n columns is read or written.
/// </remarks>
internal static unsafe class Softmax
{
    /// <summary>a[i,:] = softmax(z[i,:]); a may be z.</summary>
    public static void Rows(float* z, float* a, int m, int n, nint ldz, nint lda) =>
        Isa.Dispatch(new RowsKernel(z, a, m, n, ldz, lda));

    /// <summary>delta[i,:] = J^T delta[i,:], J the Jacobian of softmax: delta_k = a_k (delta_k - sum over j of delta_j a_j).</summary>
    public static void Backward(float* a, float* delta, int m, int n, nint lda, nint ldDelta) =>
        Isa.Dispatch(new BackwardKernel(a, delta, m, n, lda, ldDelta));

    /// <summary>
    /// From the logits z[m,n] and class indices: a = softmax(z), delta = (a - one-hot) scale,
    /// rowLoss[i] = -ln a[i,label] (natural, not scaled), by log-sum-exp.
    /// </summary>
    /// <remarks>Labels lie in 0..n-1 (not checked here). z, a and delta have rows of ld floats; a or delta may be z, but not each other.</remarks>
    public static void CrossEntropy(float* z, int* labels, float* delta, float* a, float* rowLoss, int m, int n, nint ld, float scale) =>
        Isa.Dispatch(new CrossEntropyKernel<Labels>(z, new Labels(labels), delta, a, rowLoss, m, n, ld, scale));

    /// <summary>
    /// From the logits z[m,n] and targets y[m,n], whose rows need not sum to 1: a = softmax(z),
    /// delta = (a sum(y) - y) scale, rowLoss[i] = -sum of y ln a (natural, not scaled), by log-sum-exp.
    /// </summary>
    /// <remarks>z, a and delta have rows of ld floats; a or delta may be z, but not each other.</remarks>
    public static void CrossEntropy(float* z, float* targets, float* delta, float* a, float* rowLoss, int m, int n, nint ld, nint ldTargets, float scale) =>
        Isa.Dispatch(new CrossEntropyKernel<Targets>(z, new Targets(targets, ldTargets), delta, a, rowLoss, m, n, ld, scale));

    /// <inheritdoc cref="Rows(float*, float*, int, int, nint, nint)"/>
    [MethodImpl(Compile.Loop)]
    internal static void Rows<TSimd, TVec>(float* z, float* a, int m, int n, nint ldz, nint lda)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        if (n <= Routes.NarrowSoftmaxColumns)
        {
            NarrowSoftmax.Rows<TSimd, TVec>(z, a, m, n, ldz, lda);
            return;
        }

        for (int i = 0; i < m; i++, z += ldz, a += lda)
        {
            float max = Max<TSimd, TVec>(z, n);
            TVec shift = TSimd.Broadcast(max);
            TVec sum = TSimd.Zero;
            for (int j = 0; j < n; j += TSimd.Width)
            {
                TVec e = ShiftedExp<TSimd, TVec>(z + j, n - j, shift);
                sum = TSimd.Add(sum, e);
                Tail.Store<TSimd, TVec>(a + j, e, n - j);
            }

            TVec factor = TSimd.Broadcast(1f / TSimd.Sum(sum));
            for (int j = 0; j < n; j += TSimd.Width)
            {
                TVec e = Tail.Load<TSimd, TVec>(a + j, n - j);
                Tail.Store<TSimd, TVec>(a + j, TSimd.Multiply(e, factor), n - j);
            }
        }
    }

    /// <inheritdoc cref="Backward(float*, float*, int, int, nint, nint)"/>
    [MethodImpl(Compile.Loop)]
    internal static void Backward<TSimd, TVec>(float* a, float* delta, int m, int n, nint lda, nint ldDelta)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        for (int i = 0; i < m; i++, a += lda, delta += ldDelta)
        {
            TVec products = TSimd.Zero;
            for (int j = 0; j < n; j += TSimd.Width)
            {
                products = TSimd.MultiplyAdd(Tail.Load<TSimd, TVec>(a + j, n - j), Tail.Load<TSimd, TVec>(delta + j, n - j), products);
            }

            TVec dot = TSimd.Broadcast(TSimd.Sum(products));
            for (int j = 0; j < n; j += TSimd.Width)
            {
                TVec difference = TSimd.Subtract(Tail.Load<TSimd, TVec>(delta + j, n - j), dot);
                Tail.Store<TSimd, TVec>(delta + j, TSimd.Multiply(Tail.Load<TSimd, TVec>(a + j, n - j), difference), n - j);
            }
        }
    }

    /// <summary>The two fused forms; what differs between class indices and targets is folded away by the JIT.</summary>
    [MethodImpl(Compile.Loop)]
    internal static void CrossEntropy<TSimd, TVec, TTarget>(float* z, TTarget target, float* delta, float* a, float* rowLoss, int m, int n, nint ld, float scale)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TTarget : struct, ITarget
    {
        if (n <= Routes.NarrowSoftmaxColumns)
        {
            NarrowSoftmax.CrossEntropy<TSimd, TVec, TTarget>(z, target, delta, a, rowLoss, m, n, ld, scale);
            return;
        }

        for (int i = 0; i < m; i++, z += ld, a += ld, delta += ld)
        {
            float* y = target.Row(i);
            int label = target.Label(i);
            float max = Max<TSimd, TVec>(z, n);
            float distance = TTarget.IsLabel ? max - z[label] : 0f; // before a is written over z
            TVec shift = TSimd.Broadcast(max);
            TVec sum = TSimd.Zero;
            TVec weight = TSimd.Zero;
            TVec distances = TSimd.Zero;
            for (int j = 0; j < n; j += TSimd.Width)
            {
                if (!TTarget.IsLabel)
                {
                    // A target of 0 takes no part, even where z is -infinity.
                    TVec t = Tail.Load<TSimd, TVec>(y + j, n - j);
                    TVec d = TSimd.Multiply(t, TSimd.Subtract(shift, Tail.Load<TSimd, TVec>(z + j, n - j)));
                    weight = TSimd.Add(weight, t);
                    distances = TSimd.Add(distances, TSimd.Select(TSimd.Equal(t, TSimd.Zero), TSimd.Zero, d));
                }

                TVec e = ShiftedExp<TSimd, TVec>(z + j, n - j, shift);
                sum = TSimd.Add(sum, e);
                Tail.Store<TSimd, TVec>(a + j, e, n - j);
            }

            float total = TSimd.Sum(sum);
            float weights = TTarget.IsLabel ? 1f : TSimd.Sum(weight);
            float logTotal = VecMath.Log<SimdScalar, float>(total);
            rowLoss[i] = TTarget.IsLabel ? logTotal + distance : (logTotal * weights) + TSimd.Sum(distances);

            TVec factor = TSimd.Broadcast(1f / total);
            TVec scales = TSimd.Broadcast(scale);
            TVec weightVector = TSimd.Broadcast(weights);
            for (int j = 0; j < n; j += TSimd.Width)
            {
                TVec value = TSimd.Multiply(Tail.Load<TSimd, TVec>(a + j, n - j), factor);
                TVec difference = TTarget.IsLabel
                    ? value
                    : TSimd.Subtract(TSimd.Multiply(value, weightVector), Tail.Load<TSimd, TVec>(y + j, n - j));
                Tail.Store<TSimd, TVec>(a + j, value, n - j);
                Tail.Store<TSimd, TVec>(delta + j, TSimd.Multiply(difference, scales), n - j);
            }

            if (TTarget.IsLabel)
            {
                delta[label] = (a[label] - 1f) * scale;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Max<TSimd, TVec>(float* z, int n)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        // AtLeast may lose a NaN that came earlier; the exponential of that element is NaN all the same.
        TVec lowest = TSimd.Broadcast(float.NegativeInfinity);
        TVec max = lowest;
        for (int j = 0; j < n; j += TSimd.Width)
        {
            max = TSimd.AtLeast(max, Tail.Load<TSimd, TVec>(z + j, n - j, lowest));
        }

        return TSimd.MaxAcross(max);
    }

    /// <summary>e^(z - shift), 0 past the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVec ShiftedExp<TSimd, TVec>(float* z, int remaining, TVec shift)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec lowest = TSimd.Broadcast(float.NegativeInfinity);
        return VecMath.ExpOfNegative<TSimd, TVec>(TSimd.Subtract(Tail.Load<TSimd, TVec>(z, remaining, lowest), shift));
    }

    /// <summary>What a row is compared with.</summary>
    internal interface ITarget
    {
        static abstract bool IsLabel { get; }

        int Label(int row);

        float* Row(int row);

        nint Stride { get; }
    }

    internal readonly struct Labels(int* labels) : ITarget
    {
        public static bool IsLabel => true;

        public int Label(int row) => labels[row];

        public float* Row(int row) => null;

        public nint Stride => 0;
    }

    internal readonly struct Targets(float* y, nint ld) : ITarget
    {
        public static bool IsLabel => false;

        public int Label(int row) => 0;

        public float* Row(int row) => y + (row * ld);

        public nint Stride => ld;
    }

    private readonly struct RowsKernel(float* z, float* a, int m, int n, nint ldz, nint lda) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Rows<TSimd, TVec>(z, a, m, n, ldz, lda);
    }

    private readonly struct BackwardKernel(float* a, float* delta, int m, int n, nint lda, nint ldDelta) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Backward<TSimd, TVec>(a, delta, m, n, lda, ldDelta);
    }

    private readonly struct CrossEntropyKernel<TTarget>(float* z, TTarget target, float* delta, float* a, float* rowLoss, int m, int n, nint ld, float scale) : IVectorKernel
        where TTarget : struct, ITarget
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => CrossEntropy<TSimd, TVec, TTarget>(z, target, delta, a, rowLoss, m, n, ld, scale);
    }
}
