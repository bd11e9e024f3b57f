using System.Runtime.CompilerServices;
using FastMlp.Memory;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>
/// theta &lt;- rule(theta, shape(g), states) over a flat range, in one pass: parameters and states are
/// read and written once, gradients read once.
/// </summary>
internal static unsafe class Update
{
    /// <summary>The most state vectors that a rule may keep: centred RMSProp with momentum needs three.</summary>
    public const int MostStates = 3;

    /// <summary>2^-100: smaller numbers change no sum that matters, and their squares and products are subnormal.</summary>
    public const float LeastMagnitude = 7.8886090522101181e-31f;

    /// <summary>
    /// Updates a range. A parameter whose new value is not finite keeps its old one, and the result is false.
    /// </summary>
    public static bool Apply<TShape, TRule>(TShape shape, TRule rule, UpdateRange range, int threads)
        where TShape : unmanaged, IUpdateShape
        where TRule : unmanaged, IUpdateRule
    {
        int notFinite = 0;
        Work<TShape, TRule> work = new(shape, rule, range, &notFinite);
        Ranges.Share(work, range.Count, AlignedBuffer.AlignmentFloats, range.Count, range.Count < Routes.ActivationsWorthForking ? 1 : threads);
        return notFinite == 0;
    }

    /// <summary>The pass over a range; what a formula and a shape keep as vectors stays in registers.</summary>
    [MethodImpl(Compile.Loop)]
    public static bool Loop<TSimd, TVec, TShape, TFormula>(TShape shape, TFormula formula, UpdateRange range)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
        where TShape : unmanaged, IGradientShape<TVec>
        where TFormula : unmanaged, IUpdateFormula<TVec>
    {
        float* theta = range.Theta;
        float* gradient = range.Gradient;
        float* first = range.State(0);
        float* second = range.State(1);
        float* third = range.State(2);
        nint count = range.Count;
        TVec largest = TSimd.Broadcast(float.MaxValue);
        TVec allFinite = TSimd.Equal(largest, largest);
        for (nint i = 0; i < count; i += TSimd.Width)
        {
            TVec old = TSimd.Load(theta + i);
            TVec g = shape.Gradient(old, TSimd.Load(gradient + i));
            TVec one = TFormula.States > 0 ? TSimd.Load(first + i) : TSimd.Zero;
            TVec two = TFormula.States > 1 ? TSimd.Load(second + i) : TSimd.Zero;
            TVec three = TFormula.States > 2 ? TSimd.Load(third + i) : TSimd.Zero;
            TVec updated = formula.Apply(shape.Parameter(old), g, ref one, ref two, ref three);
            TVec finite = TSimd.GreaterThanOrEqual(largest, TSimd.Abs(updated));
            allFinite = TSimd.And(allFinite, finite);
            TSimd.Store(theta + i, TSimd.Select(finite, shape.Stored(updated), old));
            if (TFormula.States > 0)
            {
                TSimd.Store(first + i, shape.Stored(one));
            }

            if (TFormula.States > 1)
            {
                TSimd.Store(second + i, shape.Stored(two));
            }

            if (TFormula.States > 2)
            {
                TSimd.Store(third + i, shape.Stored(three));
            }
        }

        return TSimd.AllTrue(allFinite);
    }

    private readonly struct Work<TShape, TRule>(TShape shape, TRule rule, UpdateRange range, int* notFinite) : IRangeWork
        where TShape : unmanaged, IUpdateShape
        where TRule : unmanaged, IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Do<TSimd, TVec>(nint begin, nint end)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            if (!shape.Apply<TSimd, TVec, TRule>(rule, range.Slice(begin, end - begin)))
            {
                *notFinite = 1;
            }
        }
    }
}
