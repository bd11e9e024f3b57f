using System.Runtime.CompilerServices;
using FastMlp.Simd;

namespace FastMlp.Kernels;

/// <summary>Columns of packed weights that are longer than a limit, scaled back to it: w &lt;- w min(1, limit / |w|).</summary>
internal static unsafe class MaxNorm
{
    /// <summary>
    /// W as panels [inputs, panelWidth], one behind the other; a column of a panel holds the weights of one unit. Columns of
    /// zeros, the padding among them, stay as they are.
    /// </summary>
    public static void Limit(float* panels, nint count, nint inputs, nint panelWidth, float limit) =>
        Isa.Dispatch(new Kernel(panels, count, inputs, panelWidth, limit));

    /// <inheritdoc cref="Limit(float*, nint, nint, nint, float)"/>
    [MethodImpl(Compile.Loop)]
    internal static void Scale<TSimd, TVec>(float* panels, nint count, nint inputs, nint panelWidth, float limit)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        TVec one = TSimd.Broadcast(1f);
        TVec limits = TSimd.Broadcast(limit);
        for (nint panel = 0; panel < count; panel++)
        {
            for (nint column = 0; column < panelWidth; column += TSimd.Width)
            {
                float* first = panels + (panel * inputs * panelWidth) + column;
                TVec squares = TSimd.Zero;
                for (nint i = 0; i < inputs; i++)
                {
                    TVec w = TSimd.Load(first + (i * panelWidth));
                    squares = TSimd.MultiplyAdd(w, w, squares);
                }

                TVec norm = TSimd.Sqrt(squares);
                TVec within = TSimd.GreaterThanOrEqual(limits, norm);
                if (TSimd.AllTrue(within))
                {
                    continue;
                }

                TVec factor = TSimd.Select(within, one, TSimd.Divide(limits, norm));
                for (nint i = 0; i < inputs; i++)
                {
                    float* w = first + (i * panelWidth);
                    TSimd.Store(w, TSimd.Multiply(TSimd.Load(w), factor));
                }
            }
        }
    }

    private readonly struct Kernel(float* panels, nint count, nint inputs, nint panelWidth, float limit) : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Scale<TSimd, TVec>(panels, count, inputs, panelWidth, limit);
    }
}
