using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using FastMlp.Layers;
using FastMlp.Training.Batches;

namespace FastMlp.Training;

/// <summary>The loop where several ranks train together: what they compute apart, and what they agree on.</summary>
internal sealed unsafe partial class FitLoop
{
    private readonly TrainingGroup? group;

    // The five sums of an epoch.
    private const int ValuesOfShare = 5;
    private const int Votes = 4;
    private double[]? exchanged;
    private StopReason? agreedReason;
    private bool agreesToSave;

    /// <summary>Checks that a group can train this, and that its ranks have the same.</summary>
    /// <param name="runFacts">What decides the result of the run, by name.</param>
    /// <exception cref="ArgumentException">The network, the optimizer or the source cannot be trained by several ranks, or the ranks differ.</exception>
    public void Begin(IReadOnlyDictionary<string, string> runFacts)
    {
        if (group is null)
        {
            return;
        }

        group.Check();
        if (options.Optimizer is Lbfgs)
        {
            throw new ArgumentException("L-BFGS evaluates the loss along its way, which a group of ranks cannot do: take another optimizer.");
        }

        if (network.Stack.Layers.Any(layer => layer is BatchNormLayer))
        {
            throw new ArgumentException("Batch normalization needs the statistics of the whole batch, and each rank has a share of it: use layer normalization.");
        }

        XxHash64 hash = new();
        foreach ((string name, string value) in runFacts.Concat(RunFacts.Writer()).OrderBy(fact => fact.Key, StringComparer.Ordinal))
        {
            hash.Append(Encoding.UTF8.GetBytes($"{name}={value};"));
        }

        hash.Append(MemoryMarshal.AsBytes(state.Parameters.Span));
        double own = hash.GetCurrentHashAsUInt64() & uint.MaxValue;
        Span<double> sums = [own, own * (group.Rank + 1)];
        group.Sum(sums);
        long ranks = group.Size;
        if (sums[0] != ranks * own || sums[1] != ranks * (ranks + 1) / 2 * own)
        {
            throw new ArgumentException("The ranks differ in their data, options, first weights, version or instruction set: start all of them with the same command on the same kind of processor.");
        }
    }

    /// <summary>One update from the gradients of all ranks; returns the mean loss of its rows.</summary>
    private float StepTogether(TrainingGroup ranks, CancellationToken cancellationToken)
    {
        int batches = (int)Math.Min(options.AccumulateBatches, source.Batches!.Value - batch);
        int shares = ranks.Shares;
        int last = ranks.FirstShare(ranks.Rank + 1);
        Span<double> values = (exchanged ??= new double[(shares * ValuesOfShare) + Votes]).AsSpan();
        values.Clear();
        for (int share = ranks.FirstShare(ranks.Rank); share < last; share++)
        {
            EpochTotals totals = Gradient(batches, share, shares);
            if (totals.Weight > 0)
            {
                ranks.Contribute(share, state.Backpropagation.Gradients.Span, totals.Weight);
            }

            Span<double> own = values.Slice(share * ValuesOfShare, ValuesOfShare);
            (own[0], own[1], own[2], own[3], own[4]) = (totals.Loss, totals.Weight, totals.Right, totals.Squares, totals.Rows);
        }

        source.Skip(batches);
        batch += batches;
        progress.Batch = batch;
        Vote(ranks, OwnReason(cancellationToken), values[^Votes..]);

        // Each value has one rank that does not add 0, so the sum is exact, and the shares are added in their order on every rank.
        ranks.Sum(values);
        Count(values[^Votes..]);
        double loss = 0, weight = 0;
        for (int share = 0; share < shares; share++)
        {
            Span<double> of = values.Slice(share * ValuesOfShare, ValuesOfShare);
            sums.Add(new EpochTotals(of[0], of[1], (long)of[2], of[3], (long)of[4]));
            loss += of[0];
            weight += of[1];
        }

        ranks.Average(state.Backpropagation.Gradients.Span, weight);
        state.ApplyGradients(epoch, batch);
        return weight > 0 ? (float)(loss / weight) : 0;
    }

    /// <summary>Leaves the mean gradient of a share's rows in all batches of the update.</summary>
    private EpochTotals Gradient(int batches, int share, int shares)
    {
        EpochSums own = new(state.LossFunction, source.IsClassification, default);
        state.ForgetAccumulated();
        for (int k = 0; k < batches; k++)
        {
            Batch part = source.Part(k, share, shares);
            if (part.Rows == 0)
            {
                continue;
            }

            // Accumulation counts the batches itself.
            state.Draw = share * batches;
            float loss = state.Forward(part.X, part.Targets, epoch, batch + k + 1);
            own.Add(loss, part, state.Backpropagation.Outputs(part.Rows));
            if (batches == 1)
            {
                state.Backpropagation.Backward(state.Parameters.Pointer, part.X);
            }
            else
            {
                state.Accumulate(part.X);
            }
        }

        if (batches > 1 && own.Totals.Weight > 0)
        {
            state.MeanOfAccumulated();
        }

        state.ForgetAccumulated();
        state.Draw = 0;
        return own.Totals;
    }

    /// <summary>Which reason to stop this rank has, and whether rank 0 wants a checkpoint: no rank may go on or stop alone.</summary>
    private void Vote(TrainingGroup ranks, StopReason? own, Span<double> votes)
    {
        votes[0] = own == StopReason.Cancelled ? 1 : 0;
        votes[1] = own == StopReason.Stopped ? 1 : 0;
        votes[2] = own == StopReason.TimeIsUp ? 1 : 0;
        votes[3] = ranks.Rank == 0 && IsTimeToSave ? 1 : 0;
    }

    private void Count(ReadOnlySpan<double> votes)
    {
        agreedReason = votes[0] > 0 ? StopReason.Cancelled : votes[1] > 0 ? StopReason.Stopped : votes[2] > 0 ? StopReason.TimeIsUp : null;
        agreesToSave = votes[3] > 0;
    }
}
