using System.Numerics;
using System.Runtime.Intrinsics;

namespace FastMlp.Measuring;

/// <summary>The vector operations of a probe, for vectors of one width. Own code, so that the yardstick does not change with the kernels it measures.</summary>
internal interface ILanes<T>
    where T : unmanaged
{
    static abstract T Broadcast(float value);

    /// <summary>a x b + c, fused where the instruction set can.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    static abstract T Add(T a, T b);

    static abstract float Sum(T value);
}

/// <summary>Work that runs on vectors of the width that FastMlp uses.</summary>
internal interface ILaneWork<TResult>
{
    TResult Run<TLanes, T>()
        where TLanes : struct, ILanes<T>
        where T : unmanaged;
}

internal static class Lanes
{
    public static TResult Run<TWork, TResult>(TWork work)
        where TWork : struct, ILaneWork<TResult> => InstructionSet.VectorWidth switch
        {
            1 => work.Run<One, float>(),
            4 => work.Run<Four, Vector128<float>>(),
            8 => work.Run<Eight, Vector256<float>>(),
            16 => work.Run<Sixteen, Vector512<float>>(),
            _ => work.Run<Many, Vector<float>>(),
        };

    private readonly struct One : ILanes<float>
    {
        public static float Broadcast(float value) => value;

        public static float MultiplyAdd(float a, float b, float c) => float.MultiplyAddEstimate(a, b, c);

        public static float Add(float a, float b) => a + b;

        public static float Sum(float value) => value;
    }

    private readonly struct Four : ILanes<Vector128<float>>
    {
        public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

        public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);

        public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

        public static float Sum(Vector128<float> value) => Vector128.Sum(value);
    }

    private readonly struct Eight : ILanes<Vector256<float>>
    {
        public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

        public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.MultiplyAddEstimate(a, b, c);

        public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

        public static float Sum(Vector256<float> value) => Vector256.Sum(value);
    }

    private readonly struct Sixteen : ILanes<Vector512<float>>
    {
        public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

        public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.MultiplyAddEstimate(a, b, c);

        public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

        public static float Sum(Vector512<float> value) => Vector512.Sum(value);
    }

    private readonly struct Many : ILanes<Vector<float>>
    {
        public static Vector<float> Broadcast(float value) => Vector.Create(value);

        public static Vector<float> MultiplyAdd(Vector<float> a, Vector<float> b, Vector<float> c) => Vector.MultiplyAddEstimate(a, b, c);

        public static Vector<float> Add(Vector<float> a, Vector<float> b) => a + b;

        public static float Sum(Vector<float> value) => Vector.Sum(value);
    }
}
