using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FastMlp.Simd;

/// <summary>A body that is written over an instruction-set policy, with its arguments as fields.</summary>
internal interface ISimdKernel
{
    void Run<TSimd, TVec>()
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}

/// <summary>The one dispatch chain. The tests are constants to the JIT, so a call compiles to a direct call of one body.</summary>
internal static class Isa
{
    /// <summary>The name of the active set.</summary>
    public static string Name
    {
        get
        {
            NameOf kernel = default;
            Run(ref kernel);
            return kernel.Name;
        }
    }

    /// <summary>Float lanes in a vector of the active set.</summary>
    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Simd512.IsSupported ? Simd512.Width
            : Simd256.IsSupported ? Simd256.Width
            : Simd128.IsSupported ? Simd128.Width
            : SimdVariable.IsSupported ? SimdVariable.Width
            : SimdScalar.Width;
    }

    /// <summary>Runs a kernel on the widest instruction set that this machine and its switches allow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TKernel>(ref TKernel kernel)
        where TKernel : struct, ISimdKernel
    {
        if (Simd512.IsSupported)
        {
            kernel.Run<Simd512, Vector512<float>>();
        }
        else if (Simd256.IsSupported)
        {
            kernel.Run<Simd256, Vector256<float>>();
        }
        else if (Simd128.IsSupported)
        {
            kernel.Run<Simd128, Vector128<float>>();
        }
        else if (SimdVariable.IsSupported)
        {
            kernel.Run<SimdVariable, Vector<float>>();
        }
        else
        {
            kernel.Run<SimdScalar, float>();
        }
    }

    private struct NameOf : ISimdKernel
    {
        public string Name;

        public void Run<TSimd, TVec>()
            where TSimd : struct, ISimd<TVec>
            where TVec : unmanaged => Name = TSimd.Name;
    }
}
