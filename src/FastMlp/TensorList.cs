using System.Collections;

namespace FastMlp;

/// <summary>Tensors by name, in the order of the model's file.</summary>
/// <typeparam name="T"><see cref="Tensor"/>, or <see cref="ReadOnlyTensor"/> for gradients.</typeparam>
public sealed class TensorList<T> : IReadOnlyList<T>
    where T : ReadOnlyTensor
{
    private readonly T[] tensors;

    internal TensorList(IEnumerable<T> tensors) => this.tensors = [.. tensors];

    /// <summary>How many there are.</summary>
    public int Count => tensors.Length;

    /// <summary>By place in the file.</summary>
    public T this[int index] => tensors[index];

    /// <summary>By name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of this name; the message lists those that there are.</exception>
    public T this[string name] => Find(name) ?? throw new KeyNotFoundException(
        $"There is no tensor '{name}'; there are {string.Join(", ", tensors.Select(tensor => tensor.Name))}.");

    /// <summary>By name; null if there is none, as the bias of a layer without one.</summary>
    public T? Find(string name) => Array.Find(tensors, tensor => tensor.Name == name);

    /// <summary>The first of a role; null if there is none.</summary>
    public T? Find(TensorRole role) => Array.Find(tensors, tensor => tensor.Role == role);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)tensors).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
