namespace FastMlp.Layers;

/// <summary>What every layer of one training pass works with.</summary>
/// <param name="parameters">The network's parameters; a pass writes none of them.</param>
/// <param name="gradients">Their gradients, laid out alike.</param>
/// <param name="seed">The seed of what is drawn at random.</param>
/// <param name="step">The updates done before: with the seed it fixes what is drawn.</param>
/// <param name="threads">Threads to use.</param>
internal readonly unsafe struct TrainingPass(float* parameters, float* gradients, int seed, long step, int threads)
{
    public float* Parameters => parameters;

    public float* Gradients => gradients;

    public int Seed => seed;

    public long Step => step;

    public int Threads => threads;
}
