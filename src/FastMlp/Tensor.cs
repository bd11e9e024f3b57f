using FastMlp.Layers;

namespace FastMlp;

/// <summary>A tensor of a network's parameters or running statistics, by its name in the model's file; from <see cref="Network.Tensors"/>.</summary>
/// <remarks>Values are copied in and out: the network keeps its own layout. Setting them must not run beside training or predictions.</remarks>
public sealed class Tensor : ReadOnlyTensor
{
    private readonly Network network;

    internal Tensor(Network network, ParameterTensor place)
        : base(place) => this.network = network;

    /// <summary>Sets the values, row-major.</summary>
    /// <exception cref="ArgumentException"><paramref name="source"/> has not exactly <see cref="ReadOnlyTensor.Length"/> values, or one is not finite, or a variance is negative.</exception>
    /// <exception cref="ObjectDisposedException">The network has been disposed.</exception>
    public void CopyFrom(ReadOnlySpan<float> source)
    {
        CheckLength(source.Length, nameof(source));
        int bad = Place.FirstNotAllowed(source);
        if (bad >= 0)
        {
            throw new ArgumentException($"Value {bad} for {this} is {source[bad]}; it must be {Place.Allowed}.", nameof(source));
        }

        network.Write(Place, source);
    }

    private protected override void Read(Span<float> destination) => network.Read(Place, destination);
}
