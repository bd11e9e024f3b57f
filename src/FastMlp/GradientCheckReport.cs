namespace FastMlp;

/// <summary>What <see cref="GradientCheck"/> found.</summary>
/// <param name="LargestError">The largest relative error, as <see cref="GradientCheck"/> defines it; 0 if nothing could be checked.</param>
/// <param name="Tolerance">What a right gradient stays below: 1e-3 against differences in double precision, 5e-2 in single.</param>
/// <param name="Tensor">Where the largest error is: the name of the tensor, as <c>layers.0.weight</c>; empty if nothing could be checked.</param>
/// <param name="Index">The place in that tensor, row-major.</param>
/// <param name="Computed">The gradient there by backpropagation.</param>
/// <param name="Expected">The gradient there by differences.</param>
/// <param name="Checked">Parameters compared.</param>
/// <param name="Skipped">Parameters left out, because a kink lies between the two points of their difference.</param>
/// <param name="IsDouble">Whether the differences are of a forward pass in double precision.</param>
public sealed record GradientCheckReport(
    double LargestError,
    double Tolerance,
    string Tensor,
    int Index,
    double Computed,
    double Expected,
    int Checked,
    int Skipped,
    bool IsDouble)
{
    /// <summary>Whether something was checked, and all of it within <see cref="Tolerance"/>.</summary>
    public bool IsRight => Checked > 0 && LargestError <= Tolerance;
}
