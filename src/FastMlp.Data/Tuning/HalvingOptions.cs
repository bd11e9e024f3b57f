namespace FastMlp.Data;

/// <summary>How <see cref="SuccessiveHalving"/> looks for the best candidate.</summary>
public sealed record HalvingOptions
{
    /// <summary>k: rows are dealt out to so many folds, of classes the same share to each. 5 by default.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>How many of the folds are held out, each from a training of its own; 0, the default, is all of them. One is a plain split, at a k-th of the cost.</summary>
    public int HeldOutFolds { get; init; }

    /// <summary>Epochs that the last candidate is trained for at most.</summary>
    public int Epochs { get; init; } = 100;

    /// <summary>Epochs after which the first candidates go.</summary>
    public int FirstEpochs { get; init; } = 10;

    /// <summary>eta: one of so many goes on to the next round, which is so many times as long. 2 by default.</summary>
    public int Reduction { get; init; } = 2;

    /// <summary>A candidate is trained no further when so large a share of its epochs, and at least <see cref="FirstEpochs"/>, brought nothing better. 0.5 by default.</summary>
    public double Patience { get; init; } = 0.5;

    /// <summary>The search ends with what it has when so much time has passed; zero, the default, is no limit, and then the same seed gives the same result on any machine with the same instruction set.</summary>
    public TimeSpan MaxDuration { get; init; }

    /// <summary>The seed of the folds.</summary>
    public int Seed { get; init; }

    /// <summary>Networks trained at a time, each on one thread; 0 is one for each core. The result is the same for any number.</summary>
    public int Threads { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Folds, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(HeldOutFolds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(HeldOutFolds, Folds);
        ArgumentOutOfRangeException.ThrowIfLessThan(FirstEpochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, FirstEpochs);
        ArgumentOutOfRangeException.ThrowIfLessThan(Reduction, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(Threads);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDuration, TimeSpan.Zero);
        if (Patience is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(Patience), Patience, "Patience is a share of the epochs done: above 0, at most 1.");
        }
    }
}
