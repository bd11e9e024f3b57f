namespace FastMlp.Simd;

/// <summary>A call waiting for its instruction set: the arguments of a generic body, for <see cref="Isa.Dispatch"/>.</summary>
internal interface IVectorKernel
{
    /// <summary>Calls the body with the policy that was chosen.</summary>
    void On<TSimd, TVec>()
        where TSimd : struct, ISimd<TVec>
        where TVec : unmanaged;
}
