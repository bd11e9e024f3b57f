using FastMlp.Layers;
using FastMlp.Memory;
using FastMlp.Training;

namespace FastMlp.Optimizers;

/// <summary>
/// d = -H g by the two loops of Nocedal (1980) over the last pairs (s, y) of steps and changes of the gradient, then a line search
/// along d. Between steps only the pairs count: everything else is made anew from the parameters.
/// </summary>
internal sealed unsafe class LbfgsState : IDisposable
{
    /// <summary>
    /// A pair counts if y s is at least this share of |y| |s|: below, rounding decides the curvature. Some ten times the
    /// unit roundoff of the gradients.
    /// </summary>
    private const double LeastCurvature = 1e-6;

    /// <summary>Brackets that move no parameter by more than this are not searched further.</summary>
    private const double SmallestMove = 1e-9;

    private readonly Lbfgs lbfgs;
    private readonly ParameterSpace space;
    private readonly AlignedBuffer pairs;
    private readonly AlignedBuffer scratch;
    private readonly double[] curvatures;
    private readonly double[] factors;
    private double evaluated = double.NaN;

    public LbfgsState(Lbfgs lbfgs, LayerStack stack, UpdateLimits limits)
    {
        if (limits.ShapeGradients || limits.MaxNorm > 0)
        {
            throw new ArgumentException("L-BFGS follows the slope of its loss, which ClipValue, ClipNorm, L1 and MaxNorm would falsify: set them to 0, or take another optimizer.", nameof(limits));
        }

        if (stack.Layers.Any(layer => layer is DropoutLayer))
        {
            throw new ArgumentException("L-BFGS compares losses along a line, which dropout would draw anew each time: leave it out, or take another optimizer.", nameof(stack));
        }

        this.lbfgs = lbfgs;
        space = new ParameterSpace(stack);
        pairs = new AlignedBuffer(checked(2 * lbfgs.History * space.Length));
        scratch = new AlignedBuffer(checked(3 * space.Length));
        curvatures = new double[lbfgs.History];
        factors = new double[lbfgs.History];
    }

    /// <summary>Steps done so far.</summary>
    public long StepCount { get; private set; }

    /// <summary>Whether the last step found the gradient flat, or nothing lower along it.</summary>
    public bool HasConverged { get; private set; }

    /// <summary>Pairs taken since the memory was last cleared; pair k lies at place k mod history.</summary>
    private long PairCount { get; set; }

    /// <summary>theta where the step starts; between steps, where the last one ended.</summary>
    private float* Start => scratch.Pointer;

    private float* StartGradient => scratch.Pointer + space.Length;

    private float* Direction => scratch.Pointer + (2 * space.Length);

    /// <summary>Whether loss and gradient of the last step's end are still at hand for these parameters, if the batch is the same.</summary>
    public bool IsEvaluated(float* parameters) =>
        !double.IsNaN(evaluated) && new ReadOnlySpan<float>(parameters, (int)space.Length).SequenceEqual(new ReadOnlySpan<float>(Start, (int)space.Length));

    /// <summary>The next batch may be another: what was evaluated last is of no use for it.</summary>
    public void Forget() => evaluated = double.NaN;

    /// <summary>All that the next step takes over: the counts, and the pairs, steps first.</summary>
    public LbfgsMemory Capture(List<float[]> blocks)
    {
        int kept = (int)Math.Min(PairCount, lbfgs.History);
        for (int place = 0; place < 2 * kept; place++)
        {
            blocks.Add(Block(place, kept).ToArray());
        }

        return new LbfgsMemory(PairCount, curvatures[..kept], HasConverged);
    }

    /// <summary>The other way.</summary>
    /// <exception cref="ArgumentException">There are more pairs than this history holds, or fewer blocks than it needs.</exception>
    public void GoOnAfter(long steps, LbfgsMemory memory, float[][] blocks)
    {
        int kept = memory.Curvatures.Length;
        if (kept != Math.Min(memory.Pairs, lbfgs.History) || blocks.Length != 2 * kept)
        {
            throw new ArgumentException($"The checkpoint has {kept} pairs in {blocks.Length} blocks, not the {Math.Min(memory.Pairs, lbfgs.History)} of L-BFGS with a history of {lbfgs.History}.", nameof(memory));
        }

        StepCount = steps;
        PairCount = memory.Pairs;
        HasConverged = memory.HasConverged;
        memory.Curvatures.CopyTo(curvatures, 0);
        for (int place = 0; place < blocks.Length; place++)
        {
            blocks[place].AsSpan(0, (int)space.Length).CopyTo(Block(place, kept));
        }

        Forget();
    }

    /// <summary>One direction and one search along it. The outputs of the batch have gone forward; after it, those of the new parameters have.</summary>
    /// <param name="backpropagation">Where losses and gradients come from.</param>
    /// <param name="parameters">theta.</param>
    /// <param name="x">The batch.</param>
    /// <param name="targets">What it should give.</param>
    /// <param name="loss">The loss of the batch as it went forward.</param>
    /// <param name="learningRate">The first trial of the search.</param>
    /// <returns>The loss after the step.</returns>
    public double Step(Backpropagation backpropagation, float* parameters, MatrixView x, Targets targets, double loss, float learningRate)
    {
        float* gradient = backpropagation.Gradients.Pointer;
        Line line = new(this, backpropagation, parameters, x, targets) { Loss = loss };
        double value = evaluated;
        if (!IsEvaluated(parameters))
        {
            backpropagation.Backward(parameters, x);
            value = loss + Penalise(parameters, gradient);
        }

        HasConverged = space.LargestMagnitude(gradient) <= lbfgs.GradientTolerance;
        if (HasConverged)
        {
            Keep(parameters, value);
            return loss;
        }

        StepCount++;
        Copy(parameters, Start);
        Copy(gradient, StartGradient);
        bool moved = Search(ref line, value, learningRate);
        if (!moved && PairCount > 0)
        {
            // What H has learnt is of no use here: once more along the gradient itself.
            PairCount = 0;
            moved = Search(ref line, value, learningRate);
        }

        HasConverged = !moved;
        if (moved)
        {
            Remember(parameters, gradient);
        }

        Keep(parameters, line.Value);
        return line.Loss;
    }

    public void Dispose()
    {
        pairs.Dispose();
        scratch.Dispose();
    }

    /// <summary>Sets the parameters to the best step along the direction; false if none is better than standing still.</summary>
    private bool Search(ref Line line, double value, float learningRate)
    {
        double slope = SetDirection();
        if (!(slope < 0))
        {
            PairCount = 0;
            slope = SetDirection();
        }

        // Without a memory H is the identity, whose scale means nothing: the first move is at most lr in all parameters together.
        double first = PairCount > 0 ? learningRate : learningRate * Math.Min(1, 1 / space.SumOfMagnitudes(StartGradient));
        double smallest = SmallestMove / space.LargestMagnitude(Direction);
        double step = StrongWolfe.Search(ref line, value, slope, first, smallest, lbfgs.MaxEvaluations);
        if (line.Step != step)
        {
            line.At(step, out _);
        }

        return line.Value < value;
    }

    /// <summary>d = -H g; returns its slope, g d.</summary>
    private double SetDirection()
    {
        float* d = Direction;
        space.Combine(-1, StartGradient, 0, StartGradient, d);
        long oldest = Math.Max(0, PairCount - lbfgs.History);
        for (long k = PairCount - 1; k >= oldest; k--)
        {
            factors[Place(k)] = space.Dot(Step(k), d) / curvatures[Place(k)];
            space.Combine(-(float)factors[Place(k)], Change(k), 1, d, d);
        }

        if (PairCount > 0)
        {
            float* y = Change(PairCount - 1);
            space.Combine((float)(curvatures[Place(PairCount - 1)] / space.Dot(y, y)), d, 0, d, d);
        }

        for (long k = oldest; k < PairCount; k++)
        {
            double factor = factors[Place(k)] - (space.Dot(Change(k), d) / curvatures[Place(k)]);
            space.Combine((float)factor, Step(k), 1, d, d);
        }

        return space.Dot(StartGradient, d);
    }

    /// <summary>Takes the pair of this step, unless its curvature is lost in rounding.</summary>
    private void Remember(float* parameters, float* gradient)
    {
        float* s = Step(PairCount);
        float* y = Change(PairCount);
        space.Combine(1, parameters, -1, Start, s);
        space.Combine(1, gradient, -1, StartGradient, y);
        double curvature = space.Dot(s, y);
        if (curvature > LeastCurvature * Math.Sqrt(space.Dot(s, s) * space.Dot(y, y)))
        {
            curvatures[Place(PairCount)] = curvature;
            PairCount++;
        }
    }

    private void Keep(float* parameters, double value)
    {
        Copy(parameters, Start);
        evaluated = value;
    }

    /// <summary>Adds the decay to the gradient; returns alpha / 2 sum of W^2.</summary>
    private double Penalise(float* parameters, float* gradient)
    {
        if (lbfgs.WeightDecay == 0)
        {
            return 0;
        }

        space.AddDecay(lbfgs.WeightDecay, parameters, gradient, !lbfgs.DecayBiases);
        return 0.5 * lbfgs.WeightDecay * space.SquaredLength(parameters, !lbfgs.DecayBiases);
    }

    private void Copy(float* from, float* to) => new ReadOnlySpan<float>(from, (int)space.Length).CopyTo(new Span<float>(to, (int)space.Length));

    private int Place(long pair) => (int)(pair % lbfgs.History);

    /// <summary>Of the steps of so many places followed by their changes, one.</summary>
    private Span<float> Block(int index, int places) =>
        new(pairs.Pointer + ((index < places ? index : lbfgs.History + index - places) * space.Length), (int)space.Length);

    /// <summary>s of a pair.</summary>
    private float* Step(long pair) => pairs.Pointer + (Place(pair) * space.Length);

    /// <summary>y of a pair.</summary>
    private float* Change(long pair) => pairs.Pointer + ((lbfgs.History + Place(pair)) * space.Length);

    /// <summary>The loss along the direction: sets the parameters, and leaves loss and gradient there.</summary>
    private ref struct Line(LbfgsState state, Backpropagation backpropagation, float* parameters, MatrixView x, Targets targets) : ILine
    {
        /// <summary>Where the parameters are.</summary>
        public double Step { get; private set; }

        /// <summary>The loss there with its penalty.</summary>
        public double Value { get; private set; }

        /// <summary>The loss there.</summary>
        public double Loss { get; set; }

        public double At(double t, out double slope)
        {
            ParameterSpace space = state.space;
            float* gradient = backpropagation.Gradients.Pointer;
            space.Combine((float)t, state.Direction, 1, state.Start, parameters);
            Step = t;
            Loss = Kernels.Reductions.AllFinite(parameters, space.Length) ? backpropagation.Forward(parameters, x, targets) : double.PositiveInfinity;
            if (!double.IsFinite(Loss))
            {
                slope = double.NaN;
                return Value = double.PositiveInfinity;
            }

            backpropagation.Backward(parameters, x);
            Value = Loss + state.Penalise(parameters, gradient);
            slope = space.Dot(gradient, state.Direction);
            return Value;
        }
    }
}
