using FastMlp.Simd;

namespace FastMlp.Tests.Simd;

/// <summary>Each member of each policy against its one-line meaning, on ordinary and on awkward floats.</summary>
public sealed unsafe class PolicyTests
{
    private static readonly float[] Awkward =
    [
        0f, -0f, 1f, -1f, 0.5f, 1.5f, 2.5f, -2.5f, 3.25f, -7.75f, 1e-40f, -1e-40f, 1e30f, -1e30f,
        float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.MaxValue,
    ];

    [Fact]
    public void ArithmeticAndOrder() => Policies.ForEach(new ArithmeticCheck());

    [Fact]
    public void PartialLoadsAndStoresTouchNothingElse() => Policies.ForEach(new PartialCheck());

    [Fact]
    public void ExponentsAndReductions() => Policies.ForEach(new ExponentCheck());

    [Fact]
    public void DispatchTakesTheWidestSupportedPolicy()
    {
        NameOfRun.Seen = "";
        Isa.Dispatch(new NameOfRun());
        Assert.Equal(Isa.Name, NameOfRun.Seen);
    }

    private static bool Same(float x, float y) =>
        (float.IsNaN(x) && float.IsNaN(y)) || BitConverter.SingleToInt32Bits(x) == BitConverter.SingleToInt32Bits(y);

    private static TVec Spread<TSimd, TVec>(float first, float step)
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged
    {
        float* lanes = stackalloc float[TSimd.Width];
        for (int i = 0; i < TSimd.Width; i++)
        {
            lanes[i] = first + (i * step);
        }

        return TSimd.Load(lanes);
    }

    private readonly struct NameOfRun : IVectorKernel
    {
        public static string Seen { get; set; } = "";

        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Seen = TSimd.Name;
    }

    private readonly struct ArithmeticCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            float* lanes = stackalloc float[TSimd.Width];
            void Expect(string operation, float x, float y, TVec got, float expected)
            {
                TSimd.Store(lanes, got);
                for (int i = 0; i < TSimd.Width; i++)
                {
                    Assert.True(Same(lanes[i], expected), $"{TSimd.Name} {operation}({x}, {y}) lane {i}: {lanes[i]}, not {expected}");
                }
            }

            foreach (float x in Awkward)
            {
                TVec vx = TSimd.Broadcast(x);
                Expect("Abs", x, x, TSimd.Abs(vx), MathF.Abs(x));
                Expect("Negate", x, x, TSimd.Negate(vx), -x);
                Expect("Sqrt", x, x, TSimd.Sqrt(vx), MathF.Sqrt(x));
                Expect("Round", x, x, TSimd.Round(vx), MathF.Round(x));
                foreach (float y in Awkward)
                {
                    TVec vy = TSimd.Broadcast(y);
                    Expect("Add", x, y, TSimd.Add(vx, vy), x + y);
                    Expect("Subtract", x, y, TSimd.Subtract(vx, vy), x - y);
                    Expect("Multiply", x, y, TSimd.Multiply(vx, vy), x * y);
                    Expect("Divide", x, y, TSimd.Divide(vx, vy), x / y);
                    Expect("Min", x, y, TSimd.Min(vx, vy), MathF.Min(x, y));
                    Expect("Max", x, y, TSimd.Max(vx, vy), MathF.Max(x, y));
                    Expect("Greater", x, y, Pick(TSimd.GreaterThan(vx, vy)), x > y ? 1f : 2f);
                    Expect("GreaterOrEqual", x, y, Pick(TSimd.GreaterThanOrEqual(vx, vy)), x >= y ? 1f : 2f);
                    Expect("Equal", x, y, Pick(TSimd.Equal(vx, vy)), x == y ? 1f : 2f);
                    Expect("And", x, y, TSimd.And(TSimd.Equal(vx, vy), vy), x == y ? y : 0f);
                    Expect("Or", x, y, TSimd.Or(TSimd.Abs(vx), TSimd.Broadcast(-0f)), -MathF.Abs(x));
                    if (!float.IsNaN(x) && !(x == 0 && y == 0))
                    {
                        Expect("AtMost", x, y, TSimd.AtMost(vx, vy), x < y ? x : y);
                        Expect("AtLeast", x, y, TSimd.AtLeast(vx, vy), x > y ? x : y);
                    }
                }
            }

            // 3 x 5 + 7 is exact, fused or not; (1 + e)(1 - e) - 1 tells which, and both are allowed.
            Expect("MultiplyAdd", 3, 5, TSimd.MultiplyAdd(TSimd.Broadcast(3f), TSimd.Broadcast(5f), TSimd.Broadcast(7f)), 22f);

            static TVec Pick(TVec mask) => TSimd.Select(mask, TSimd.Broadcast(1f), TSimd.Broadcast(2f));
        }
    }

    private readonly struct PartialCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            float* lanes = stackalloc float[TSimd.Width];
            for (int count = 1; count < TSimd.Width; count++)
            {
                var source = new PoisonedBuffer(Enumerable.Range(1, count).Select(i => (float)i).ToArray());
                var destination = new PoisonedBuffer(count);
                TVec loaded = TSimd.LoadPartial(source.Pointer, count);
                TSimd.Store(lanes, loaded);
                for (int i = 0; i < TSimd.Width; i++)
                {
                    Assert.Equal(i < count ? i + 1f : 0f, lanes[i]);
                }

                TSimd.StorePartial(destination.Pointer, Spread<TSimd, TVec>(1f, 1f), count);
                destination.Check($"{TSimd.Name} StorePartial {count}");
                Assert.Equal(source.Values.ToArray(), destination.Values.ToArray());
            }

            for (int count = -1; count <= TSimd.Width + 1; count++)
            {
                TSimd.Store(lanes, TSimd.And(TSimd.FirstLanes(count), TSimd.Broadcast(1f)));
                for (int i = 0; i < TSimd.Width; i++)
                {
                    Assert.Equal(i < count ? 1f : 0f, lanes[i]);
                }
            }
        }
    }

    private readonly struct ExponentCheck : IVectorKernel
    {
        public void On<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged
        {
            float* lanes = stackalloc float[TSimd.Width];
            for (int n = -126; n <= 127; n++)
            {
                float power = (float)Math.Pow(2, n);
                TSimd.Store(lanes, TSimd.PowerOfTwo(TSimd.Broadcast(n)));
                Assert.All(new ReadOnlySpan<float>(lanes, TSimd.Width).ToArray(), x => Assert.Equal(power, x));
                TSimd.Store(lanes, TSimd.ShiftToExponent(TSimd.Broadcast(12582912f + 127 + n)));
                Assert.All(new ReadOnlySpan<float>(lanes, TSimd.Width).ToArray(), x => Assert.Equal(power, x));
                foreach (float m in (float[])[0.7071068f, 0.75f, 1f, 1.25f, 1.4142135f])
                {
                    float x = m * power;
                    if (!float.IsNormal(x))
                    {
                        continue;
                    }

                    TSimd.Store(lanes, TSimd.SplitExponent(TSimd.Broadcast(x), out TVec mantissa));
                    float exponent = lanes[0];
                    TSimd.Store(lanes, mantissa);
                    Assert.InRange(lanes[0], 0.70710677f, 1.4142136f);
                    Assert.Equal(x, lanes[0] * Math.Pow(2, exponent));
                }
            }

            // Sums of small integers are exact in any order; the largest lane moves through all places.
            int w = TSimd.Width;
            Assert.Equal((w * (w + 1)) / 2, TSimd.Sum(Spread<TSimd, TVec>(1f, 1f)));
            for (int place = 0; place < w; place++)
            {
                for (int i = 0; i < w; i++)
                {
                    lanes[i] = i == place ? 5f : -i;
                }

                Assert.Equal(5f, TSimd.MaxAcross(TSimd.Load(lanes)));
                lanes[place] = float.NaN;
                Assert.True(float.IsNaN(TSimd.MaxAcross(TSimd.Load(lanes))), TSimd.Name);
            }
        }
    }
}
