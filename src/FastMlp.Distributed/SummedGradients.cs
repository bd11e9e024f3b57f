using System.Numerics.Tensors;

namespace FastMlp.Distributed;

/// <summary>One share for each rank, summed by the communicator in its own order, in place: no copy.</summary>
internal sealed class SummedGradients(Communicator communicator) : GradientGroup(communicator)
{
    private double own;

    public override int Shares => Size;

    public override bool IsDeterministic => false;

    public override void Contribute(int share, Span<float> gradients, double weight) => own = weight;

    public override void Average(Span<float> gradients, double totalWeight)
    {
        if (own == 0)
        {
            gradients.Clear();
        }
        else if (Size > 1)
        {
            TensorPrimitives.Multiply(gradients, (float)(own / totalWeight), gradients);
        }

        own = 0;
        if (Size > 1)
        {
            Communicator.Sum(gradients);
        }
    }
}
