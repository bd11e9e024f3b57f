namespace FastMlp.Layers;

/// <summary>
/// The order of a prediction: the stages that it needs, where each takes its input from, and which of a few slots of scratch memory its
/// output lies in, so that an output stays as long as something still takes it.
/// </summary>
internal sealed class PredictionPlan
{
    private readonly int[] sources;
    private readonly int[] skips;
    private readonly int[] slots;

    public PredictionPlan(Layer[] stages)
    {
        Steps = [.. stages.Where(stage => !stage.IsForTraining)];
        sources = new int[Steps.Length];
        skips = new int[Steps.Length];
        slots = new int[Steps.Length];
        int[] steps = new int[stages.Length];
        int next = 0;
        for (int i = 0; i < stages.Length; i++)
        {
            int source = StepOf(stages[i].Source);
            if (stages[i].IsForTraining)
            {
                // Its output is its input.
                steps[i] = source;
                continue;
            }

            sources[next] = source;
            skips[next] = stages[i] is SumLayer sum ? StepOf(sum.Skip) : -1;
            steps[i] = next++;
        }

        AssignSlots();

        int StepOf(int stage) => stage < 0 ? -1 : steps[stage];
    }

    /// <summary>The stages that a prediction needs, in order.</summary>
    public Layer[] Steps { get; }

    /// <summary>Slots that are needed, at least two.</summary>
    public int Slots { get; private set; } = 2;

    /// <summary>The step whose output a step takes; -1 is the network's input.</summary>
    public int Source(int step) => sources[step];

    /// <summary>The step whose output a sum adds; -1 is the network's input.</summary>
    public int Skip(int step) => skips[step];

    /// <summary>The slot of a step's output.</summary>
    public int Slot(int step) => slots[step];

    /// <summary>The lowest slot that holds nothing any more: of a chain, two in turn.</summary>
    private void AssignSlots()
    {
        for (int step = 0; step < slots.Length; step++)
        {
            int slot = 0;
            while (Enumerable.Range(0, step).Any(earlier => slots[earlier] == slot && IsUsedFrom(earlier, step)))
            {
                slot++;
            }

            slots[step] = slot;
            Slots = Math.Max(Slots, slot + 1);
        }
    }

    /// <summary>Whether a step, or one after it, takes the output of an earlier one.</summary>
    private bool IsUsedFrom(int earlier, int step)
    {
        for (int i = step; i < sources.Length; i++)
        {
            if (sources[i] == earlier || (Steps[i] is SumLayer && skips[i] == earlier))
            {
                return true;
            }
        }

        return false;
    }
}
