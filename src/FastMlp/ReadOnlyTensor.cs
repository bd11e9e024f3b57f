using FastMlp.Layers;

namespace FastMlp;

/// <summary>A named tensor of float32, row-major, whose values can be copied out: a parameter of a <see cref="Network"/>, or its gradient in a <see cref="Trainer"/>.</summary>
public abstract class ReadOnlyTensor
{
    private protected ReadOnlyTensor(ParameterTensor place)
    {
        Place = place;
        Shape = Array.AsReadOnly(place.Shape);
    }

    /// <summary>The name in the model's file: <c>layers.0.weight</c>, <c>norms.1.running_mean</c>.</summary>
    public string Name => Place.Name;

    /// <summary>The sizes of its axes: [out, in] of a weight, [n] of a vector.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>What its numbers are for.</summary>
    public TensorRole Role => Place.Role;

    /// <summary>Values: the product of the shape.</summary>
    public int Length => Place.Length;

    /// <summary>Whether training changes it by its gradient: all but running statistics.</summary>
    public bool IsTrained => Place.IsTrained;

    internal ParameterTensor Place { get; }

    /// <summary>Copies the values, row-major.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has not exactly <see cref="Length"/> values.</exception>
    /// <exception cref="ObjectDisposedException">The owner has been disposed.</exception>
    public void CopyTo(Span<float> destination)
    {
        CheckLength(destination.Length, nameof(destination));
        Read(destination);
    }

    /// <summary>The values in a new array, row-major.</summary>
    /// <exception cref="ObjectDisposedException">The owner has been disposed.</exception>
    public float[] ToArray()
    {
        float[] values = new float[Length];
        Read(values);
        return values;
    }

    /// <summary>The name and the shape: <c>layers.0.weight [10, 64]</c>.</summary>
    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}]";

    private protected abstract void Read(Span<float> destination);

    private protected void CheckLength(int length, string name)
    {
        if (length != Length)
        {
            throw new ArgumentException($"{this} has {Length} values, not {length}.", name);
        }
    }
}
