using FastMlp.Kernels;
using FastMlp.Kernels.Activations;
using FastMlp.Simd;
using FastMlp.Tests.Simd;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Kernels;

/// <summary>A layer over rows on their side, and the turning before and after it: all small shapes, poison around every operand.</summary>
public sealed unsafe class SidewaysTests
{
    private const float Untouched = -7;

    [Fact]
    public void EverySmallShapeIsTheChainOfEachElement() => Policies.ForEach(new ShapesCheck());

    [Fact]
    public void RowsAreTurnedAndTurnedBack() => Policies.ForEach(new TurningCheck());

    private readonly struct ShapesCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            // Panels of this policy's widths and of a narrower one's, whose tiles of four units lie in several.
            foreach (int panelWidth in (int[])[2, TSimd.Width, 2 * TSimd.Width])
            {
                for (int n = 1; n <= 9; n++)
                {
                    foreach (int k in (int[])[1, 2, 3, 4, 5, 17])
                    {
                        for (int vectors = 1; vectors <= 7; vectors++)
                        {
                            Check<TSimd, TVec, ReluActivation>(default, z => Math.Max(0, z), panelWidth, n, k, vectors);
                            Check<TSimd, TVec, TanhActivation>(default, Math.Tanh, panelWidth, n, k, vectors);
                        }
                    }
                }
            }
        }

        private static void Check<TSimd, TVec, TActivation>(TActivation g, Func<double, double> exact, int panelWidth, int n, int k, int vectors)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
            where TActivation : unmanaged, IActivation
        {
            int stride = vectors * TSimd.Width;
            string what = $"{TSimd.Name}, {typeof(TActivation).Name}: {n} units of {k}, {vectors} vectors, panels of {panelWidth}";
            float[] weight = Numbers.Uniform(1, n * k);
            PoisonedBuffer x = new(Numbers.Uniform(2, k * stride));
            PoisonedBuffer bias = new(Numbers.Uniform(3, n));
            PoisonedBuffer panels = new((n + panelWidth - 1) / panelWidth * panelWidth * k);
            PoisonedBuffer a = new(n * stride);
            fixed (float* w = weight)
            {
                Packing.Pack(w, n, k, panelWidth, panels.Pointer);
            }

            Sideways.Forward<TSimd, TVec, TActivation>(g, x.Pointer, panels.Pointer, panelWidth, bias.Pointer, a.Pointer, k, n, stride);
            a.Check(what);
            float* lanes = stackalloc float[TSimd.Width];
            for (int o = 0; o < n; o++)
            {
                for (int r = 0; r < stride; r++)
                {
                    TVec sum = TSimd.Zero;
                    double z = bias.Values[o];
                    for (int p = 0; p < k; p++)
                    {
                        sum = TSimd.MultiplyAdd(TSimd.Broadcast(x.Values[(p * stride) + r]), TSimd.Broadcast(weight[(o * k) + p]), sum);
                        z += (double)x.Values[(p * stride) + r] * weight[(o * k) + p];
                    }

                    TSimd.Store(lanes, g.Value<TSimd, TVec>(TSimd.Add(sum, TSimd.Broadcast(bias.Values[o]))));
                    float actual = a.Values[(o * stride) + r];
                    Assert.True(BitConverter.SingleToInt32Bits(lanes[0]) == BitConverter.SingleToInt32Bits(actual), $"{what}: unit {o}, row {r} is {actual:R}, not {lanes[0]:R}");
                    Assert.True(Math.Abs(exact(z) - actual) <= 2e-6, $"{what}: unit {o}, row {r} is {actual:R}, not {exact(z):R}");
                }
            }
        }
    }

    [Fact]
    public void TheWayBackIsTheChainOfEachElement() => Policies.ForEach(new BackCheck());

    [Fact]
    public void GradientsAreTheSumsOverAllBlocks() => Policies.ForEach(new GradientCheck());

    private readonly struct BackCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int panelWidth in (int[])[1, 2, TSimd.Width, 2 * TSimd.Width])
            {
                for (int n = 1; n <= (panelWidth == 1 ? 1 : 9); n++)
                {
                    foreach (int k in (int[])[1, 2, 3, 4, 5, 17])
                    {
                        for (int vectors = 1; vectors <= 7; vectors++)
                        {
                            Check<TSimd, TVec>(panelWidth, n, k, vectors);
                        }
                    }
                }
            }
        }

        private static void Check<TSimd, TVec>(int panelWidth, int n, int k, int vectors)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            int stride = vectors * TSimd.Width;
            string what = $"{TSimd.Name}: {n} units of {k}, {vectors} vectors, panels of {panelWidth}";
            float[] weight = Numbers.Uniform(1, n * k);
            PoisonedBuffer delta = new(Numbers.Uniform(2, n * stride));
            PoisonedBuffer panels = new((n + panelWidth - 1) / panelWidth * panelWidth * k);
            PoisonedBuffer a = new(Numbers.Uniform(3, k * stride));
            PoisonedBuffer dX = new(k * stride);
            fixed (float* w = weight)
            {
                Packing.Pack(w, n, k, panelWidth, panels.Pointer);
            }

            // 1 - a^2 in the store, from another matrix.
            MultiplyByDerivative<TanhActivation> derivative = new(default, 0, (nint)(a.Pointer - dX.Pointer));
            Sideways.InputProduct<TSimd, TVec, MultiplyByDerivative<TanhActivation>>(delta.Pointer, panels.Pointer, panelWidth, dX.Pointer, k, n, stride, derivative);
            dX.Check(what);
            float* lanes = stackalloc float[TSimd.Width];
            for (int p = 0; p < k; p++)
            {
                for (int r = 0; r < stride; r++)
                {
                    TVec sum = TSimd.Zero;
                    for (int o = 0; o < n; o++)
                    {
                        sum = TSimd.MultiplyAdd(TSimd.Broadcast(delta.Values[(o * stride) + r]), TSimd.Broadcast(weight[(o * k) + p]), sum);
                    }

                    TVec slope = default(TanhActivation).Derivative<TSimd, TVec>(TSimd.Zero, TSimd.Broadcast(a.Values[(p * stride) + r]));
                    TSimd.Store(lanes, TSimd.Multiply(sum, slope));
                    float actual = dX.Values[(p * stride) + r];
                    Assert.True(BitConverter.SingleToInt32Bits(lanes[0]) == BitConverter.SingleToInt32Bits(actual), $"{what}: input {p}, row {r} is {actual:R}, not {lanes[0]:R}");
                }
            }
        }
    }

    private readonly struct GradientCheck : IVectorKernel
    {
        private const int Blocks = 3;

        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            foreach (int panelWidth in (int[])[1, 2, TSimd.Width, 2 * TSimd.Width])
            {
                for (int n = 1; n <= (panelWidth == 1 ? 1 : 9); n++)
                {
                    foreach (int k in (int[])[1, 2, 3, 4, 5, 7, 17])
                    {
                        foreach (int vectors in (int[])[1, 2, 5])
                        {
                            Check<TSimd, TVec>(panelWidth, n, k, vectors);
                        }
                    }
                }
            }
        }

        private static void Check<TSimd, TVec>(int panelWidth, int n, int k, int vectors)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            int stride = vectors * TSimd.Width;
            string what = $"{TSimd.Name}: {n} units of {k}, {vectors} vectors, panels of {panelWidth}";
            PoisonedBuffer sums = new(n * (k + 1) * TSimd.Width);
            double[] expected = new double[n * (k + 1)];
            for (int block = 0; block < Blocks; block++)
            {
                PoisonedBuffer delta = new(Numbers.Uniform(10 + block, n * stride));
                PoisonedBuffer x = new(Numbers.Uniform(20 + block, k * stride));
                SidewaysGradient.Add<TSimd, TVec>(delta.Pointer, x.Pointer, sums.Pointer, k, n, stride);
                sums.Check(what);
                for (int o = 0; o < n; o++)
                {
                    for (int p = 0; p <= k; p++)
                    {
                        for (int r = 0; r < stride; r++)
                        {
                            expected[(o * (k + 1)) + p] += (double)delta.Values[(o * stride) + r] * (p < k ? x.Values[(p * stride) + r] : 1);
                        }
                    }
                }
            }

            PoisonedBuffer dW = new((n + panelWidth - 1) / panelWidth * panelWidth * k);
            PoisonedBuffer db = new(n);
            dW.Values.Fill(Untouched);
            SidewaysGradient.Finish<TSimd, TVec>(sums.Pointer, k, n, dW.Pointer, panelWidth, db.Pointer);
            dW.Check(what);
            db.Check(what);
            float[] weight = new float[n * k];
            fixed (float* w = weight)
            {
                Packing.Unpack(dW.Pointer, n, k, panelWidth, w);
            }

            int untouched = 0;
            foreach (float value in dW.Values)
            {
                untouched += value == Untouched ? 1 : 0;
            }

            Assert.Equal(dW.Values.Length - (n * k), untouched);
            for (int o = 0; o < n; o++)
            {
                for (int p = 0; p <= k; p++)
                {
                    float actual = p < k ? weight[(o * k) + p] : db.Values[o];
                    Assert.True(Math.Abs(expected[(o * (k + 1)) + p] - actual) <= 2e-5, $"{what}: ({o}, {p}) is {actual:R}, not {expected[(o * (k + 1)) + p]:R}");
                }
            }
        }
    }

    private readonly struct TurningCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            for (int rows = 1; rows <= (2 * TSimd.Width) + 9; rows++)
            {
                for (int n = 1; n <= 9; n++)
                {
                    // Rows close together and apart; the last of all rows and some before others.
                    foreach (int gap in (int[])[0, 2])
                    {
                        foreach (int more in (int[])[0, 1, 3, 4, 9])
                        {
                            Check<TSimd, TVec>(rows, n, n + gap, rows + more);
                        }
                    }
                }
            }
        }

        private static void Check<TSimd, TVec>(int rows, int n, int ld, int all)
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            string what = $"{TSimd.Name}: {rows} of {all} rows of {n}, {ld} apart";
            int stride = (rows + TSimd.Width - 1) / TSimd.Width * TSimd.Width;
            int room = (n + Columns.Block - 1) / Columns.Block * Columns.Block;
            PoisonedBuffer source = new(Numbers.Uniform(1, ((all - 1) * ld) + n));
            PoisonedBuffer columns = new(room * stride);
            columns.Values.Fill(Untouched);
            Columns.Load<TSimd, TVec>(source.Pointer, ld, rows, n, columns.Pointer, stride, all);
            columns.Check(what);
            for (int j = 0; j < n; j++)
            {
                for (int r = 0; r < stride; r++)
                {
                    float expected = r < rows ? source.Values[(r * ld) + j] : 0;
                    Assert.True(expected == columns.Values[(j * stride) + r], $"{what}: row {r}, column {j} on its side is {columns.Values[(j * stride) + r]:R}");
                }
            }

            // What lies past the columns may be written past a row's end, but only where other rows follow.
            PoisonedBuffer destination = new(((all - 1) * ld) + n);
            destination.Values.Fill(Untouched);
            Columns.Store<TSimd, TVec>(columns.Pointer, stride, rows, n, destination.Pointer, ld, all);
            destination.Check(what);
            for (int i = 0; i < destination.Values.Length; i++)
            {
                bool isGap = i % ld >= n;
                bool isTurned = i / ld < rows && !isGap;
                float actual = destination.Values[i];
                Assert.True(isTurned ? actual == source.Values[i] : !isGap || actual == Untouched, $"{what}: element {i} is {actual:R}");
            }
        }
    }
}
