namespace FastMlp.Layers;

/// <summary>y = s (x - c) + t in each column: what a layer does at prediction that can become part of a dense one.</summary>
/// <param name="Scale">s.</param>
/// <param name="Center">c.</param>
/// <param name="Shift">t.</param>
internal sealed record ColumnScaling(double[] Scale, float[] Center, float[] Shift);
