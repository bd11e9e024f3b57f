using System.Globalization;

namespace FastMlp;

/// <summary>A few numbers that are a value: equal if they are the same in the same order.</summary>
internal sealed class FloatSequence(ReadOnlySpan<float> values) : IEquatable<FloatSequence>
{
    private readonly float[] values = values.ToArray();

    public int Count => values.Length;

    public float this[int index] => values[index];

    public bool Equals(FloatSequence? other) => other is not null && values.AsSpan().SequenceEqual(other.values);

    public override bool Equals(object? obj) => Equals(obj as FloatSequence);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (float value in values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => string.Join(", ", Array.ConvertAll(values, value => value.ToString(CultureInfo.InvariantCulture)));
}
