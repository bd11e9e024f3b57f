namespace FastMlp.Kernels;

/// <summary>Parameters that lie together, with their gradients and states: <see cref="Update"/> takes them in one pass.</summary>
/// <param name="theta">The first parameter.</param>
/// <param name="gradient">Its gradient.</param>
/// <param name="states">Its first state; null where the rule keeps none.</param>
/// <param name="stateStride">Floats from one state of a parameter to the next.</param>
/// <param name="count">Parameters, a multiple of a cache line.</param>
internal readonly unsafe struct UpdateRange(float* theta, float* gradient, float* states, nint stateStride, nint count)
{
    public float* Theta => theta;

    public float* Gradient => gradient;

    public nint Count => count;

    public float* State(int index) => states + (index * stateStride);

    public UpdateRange Slice(nint start, nint length) => new(theta + start, gradient + start, states + start, stateStride, length);
}
