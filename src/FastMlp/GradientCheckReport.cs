namespace FastMlp;

/// <summary>What <see cref="GradientCheck"/> found.</summary>
/// <param name="LargestError">The largest relative error, as <see cref="GradientCheck"/> defines it; 0 if nothing could be checked.</param>
/// <param name="Tolerance">What a right gradient stays below.</param>
/// <param name="Tensor">Where the largest error is: the name of the tensor, as <c>layers.0.weight</c>; empty if nothing could be checked.</param>
/// <param name="Index">The place in that tensor, row-major.</param>
/// <param name="Computed">The gradient there by backpropagation.</param>
/// <param name="Expected">The gradient there by differences.</param>
/// <param name="Checked">Parameters compared.</param>
/// <param name="Skipped">Parameters left out, because their difference changes with the step, as beside a kink.</param>
public sealed record GradientCheckReport(
    double LargestError,
    double Tolerance,
    string Tensor,
    int Index,
    double Computed,
    double Expected,
    int Checked,
    int Skipped)
{
    /// <summary>Whether something was checked, and all of it within <see cref="Tolerance"/>.</summary>
    public bool IsRight => Checked > 0 && LargestError <= Tolerance;
}
