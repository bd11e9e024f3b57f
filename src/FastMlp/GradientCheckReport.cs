namespace FastMlp;

/// <summary>What <see cref="GradientCheck"/> found.</summary>
/// <param name="LargestError">The largest relative error, as <see cref="GradientCheck"/> defines it; 0 if nothing could be checked.</param>
/// <param name="Tolerance">What a right gradient stays below: 1e-3 against differences in double precision, 5e-2 in single.</param>
/// <param name="Layer">Where the largest error is, from 0: the dense layer, or for a parameter of a normalization its place among the normalizations; -1 if nothing could be checked.</param>
/// <param name="Parameter"><c>weight</c>, <c>bias</c> or <c>activation</c> of a dense layer; <c>norm scale</c> (gamma) or <c>norm shift</c> (beta) of a normalization.</param>
/// <param name="Index">The place in that tensor, row-major.</param>
/// <param name="Computed">The gradient there by backpropagation.</param>
/// <param name="Expected">The gradient there by differences.</param>
/// <param name="Checked">Parameters compared.</param>
/// <param name="Skipped">Parameters left out, because a kink lies between the two points of their difference.</param>
/// <param name="IsDouble">Whether the differences are of a forward pass in double precision.</param>
public sealed record GradientCheckReport(
    double LargestError,
    double Tolerance,
    int Layer,
    string Parameter,
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
