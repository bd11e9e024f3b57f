namespace FastMlp.Data;

/// <summary>All that a network has learnt.</summary>
internal static class Parameters
{
    /// <summary>Copies it between networks of the same layers; a tensor that only one has, or that is of another shape, is left as it is.</summary>
    public static void Copy(Network from, Network to)
    {
        foreach (Tensor tensor in to.Tensors)
        {
            if (from.Tensors.Find(tensor.Name) is { } source && source.Shape.SequenceEqual(tensor.Shape))
            {
                tensor.CopyFrom(source.ToArray());
            }
        }
    }
}
