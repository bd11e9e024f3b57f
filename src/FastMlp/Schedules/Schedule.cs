using FastMlp.Schedules;

namespace FastMlp;

/// <summary>
/// How the learning rate moves: a factor of the optimizer's own, for every update. All but <see cref="Adaptive"/> and
/// <see cref="ReduceOnPlateau"/> are pure functions of the position, so a run that is resumed goes on exactly.
/// </summary>
public abstract record Schedule
{
    private protected Schedule()
    {
    }

    /// <summary>The factor is always 1.</summary>
    public static Schedule Constant { get; } = new ConstantSchedule();

    /// <summary>factor^floor(epochs / every).</summary>
    /// <param name="every">Epochs between falls, above 0.</param>
    /// <param name="factor">Above 0.</param>
    public static Schedule Step(double every, double factor = 0.1) => new StepSchedule(Positive(every, nameof(every)), Positive(factor, nameof(factor)));

    /// <summary>factor^epochs, update by update.</summary>
    /// <param name="factor">What an epoch multiplies the rate by, above 0.</param>
    public static Schedule Exponential(double factor) => new ExponentialSchedule(Positive(factor, nameof(factor)));

    /// <summary>final + (1 - final) (1 - p)^power, p the share of the run that is done; a straight line for power 1.</summary>
    /// <param name="power">Above 0.</param>
    /// <param name="final">The factor at the end, from 0 to 1.</param>
    public static Schedule Polynomial(double power = 1, double final = 0) => new PolynomialSchedule(Positive(power, nameof(power)), Share(final, nameof(final)));

    /// <summary>final + (1 - final) (1 + cos(pi p)) / 2, p the share of the run that is done (Loshchilov and Hutter, 2017).</summary>
    /// <param name="final">The factor at the end, from 0 to 1.</param>
    public static Schedule Cosine(double final = 0) => new CosineSchedule(Share(final, nameof(final)));

    /// <summary>The cosine over periods, each of which starts at 1 again (SGDR).</summary>
    /// <param name="period">Epochs of the first period, above 0.</param>
    /// <param name="growth">How many times as long as the last each period is, at least 1.</param>
    /// <param name="final">The factor at the end of a period, from 0 to 1.</param>
    public static Schedule CosineRestarts(double period, double growth = 1, double final = 0) => new CosineRestartsSchedule(
        Positive(period, nameof(period)),
        growth >= 1 && double.IsFinite(growth) ? growth : throw new ArgumentOutOfRangeException(nameof(growth), growth, "growth is a finite number of at least 1."),
        Share(final, nameof(final)));

    /// <summary>
    /// One cycle (Smith and Topin, 2018): from <paramref name="start"/> up to 1 in the first <paramref name="peak"/> of the run, then down to
    /// <paramref name="final"/>, both ways along a cosine. The optimizer's rate is the highest; momentum is left alone.
    /// </summary>
    /// <param name="peak">The share of the run that goes up, above 0 and below 1.</param>
    /// <param name="start">The first factor, above 0 and at most 1.</param>
    /// <param name="final">The last factor, above 0 and at most 1.</param>
    public static Schedule OneCycle(double peak = 0.3, double start = 0.04, double final = 4e-6) => new OneCycleSchedule(
        peak is > 0 and < 1 ? peak : throw new ArgumentOutOfRangeException(nameof(peak), peak, "peak is above 0 and below 1."),
        Positive(Share(start, nameof(start)), nameof(start)),
        Positive(Share(final, nameof(final)), nameof(final)));

    /// <summary>(1 + t)^-power, t the rows of all whole epochs so far: scikit-learn's "invscaling".</summary>
    /// <param name="power">Above 0.</param>
    public static Schedule InverseScaling(double power = 0.5) => new InverseScalingSchedule(Positive(power, nameof(power)));

    /// <summary>
    /// scikit-learn's "adaptive": after more than <paramref name="patience"/> epochs in a row in which the training loss did not fall by
    /// <paramref name="tolerance"/>, the rate is divided by 5; training ends where that happens at a rate of at most 10^-6.
    /// </summary>
    public static Schedule Adaptive(double tolerance = 1e-4, int patience = 10) => new AdaptiveSchedule(NotNegative(tolerance, nameof(tolerance)), NotNegative(patience));

    /// <summary>
    /// After more than <paramref name="patience"/> epochs in a row in which the validation loss (the training loss where there is none) did not
    /// fall below best (1 - <paramref name="threshold"/>), the rate is multiplied by <paramref name="factor"/>.
    /// </summary>
    /// <param name="factor">Above 0 and below 1.</param>
    /// <param name="patience">Epochs to bear with, at least 0.</param>
    /// <param name="threshold">The share of the best loss that counts as a fall, from 0 to 1.</param>
    /// <param name="cooldown">Epochs after a reduction that are not counted.</param>
    /// <param name="final">The least factor, from 0 to 1.</param>
    public static Schedule ReduceOnPlateau(double factor = 0.1, int patience = 10, double threshold = 1e-4, int cooldown = 0, double final = 0) => new PlateauSchedule(
        factor is > 0 and < 1 ? factor : throw new ArgumentOutOfRangeException(nameof(factor), factor, "factor is above 0 and below 1."),
        NotNegative(patience),
        Share(threshold, nameof(threshold)),
        NotNegative(cooldown),
        Share(final, nameof(final)));

    /// <summary>
    /// Before this schedule a straight rise to its first factor: (s + 1) / (w + 1) of it at step s of the w steps in so many epochs. The
    /// schedule itself then has the rest of the run.
    /// </summary>
    /// <param name="epochs">Epochs of the rise, above 0; parts of one count.</param>
    public Schedule WithWarmUp(double epochs) => new WarmUpSchedule(Positive(epochs, nameof(epochs)), this);

    /// <summary>What the optimizer's learning rate is multiplied by at a position, as far as that depends on the position alone.</summary>
    /// <exception cref="ArgumentException">The schedule needs the length of the run, and the position has none.</exception>
    public abstract double Factor(SchedulePosition position);

    /// <summary>The learning rate at a position: learningRate x factor.</summary>
    public float Rate(float learningRate, SchedulePosition position) => (float)(learningRate * Factor(position));

    /// <summary>Whether the factor depends on the length of the run.</summary>
    internal virtual bool NeedsTotalSteps => false;

    /// <summary>Whether the factor depends on how many steps an epoch has: a stream then counts them first.</summary>
    internal virtual bool CountsEpochs => true;

    /// <summary>What the losses of an epoch do to the schedule.</summary>
    internal virtual ScheduleState Observe(ScheduleState state, double trainLoss, double? validationLoss, float learningRate) => state;

    /// <summary>The share of the run that is done.</summary>
    private protected double Progress(SchedulePosition position) => position.TotalSteps > 0
        ? Math.Min(1, (double)position.Step / position.TotalSteps)
        : throw new ArgumentException($"{this} needs the length of the run: set TotalSteps.", nameof(position));

    private static double Positive(double value, string name) => value > 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is a finite number above 0.");

    private static double NotNegative(double value, string name) => value >= 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is a finite number of at least 0.");

    private static int NotNegative(int epochs) => epochs >= 0
        ? epochs
        : throw new ArgumentOutOfRangeException(nameof(epochs), epochs, "A number of epochs is at least 0.");

    private static double Share(double value, string name) => value is >= 0 and <= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is from 0 to 1.");
}
