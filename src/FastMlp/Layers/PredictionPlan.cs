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
        // The last step that takes each output, and by slot that of what lies in it: a slot is free behind it. -1 is never.
        int[] lastUses = new int[slots.Length];
        Array.Fill(lastUses, -1);
        for (int step = 0; step < slots.Length; step++)
        {
            Use(sources[step], step);
            Use(Steps[step] is SumLayer ? skips[step] : -1, step);
        }

        List<int> takenUntil = [];
        for (int step = 0; step < slots.Length; step++)
        {
            int slot = takenUntil.FindIndex(last => last < step);
            if (slot < 0)
            {
                slot = takenUntil.Count;
                takenUntil.Add(-1);
            }

            slots[step] = slot;
            takenUntil[slot] = lastUses[step];
            Slots = Math.Max(Slots, slot + 1);
        }

        void Use(int source, int step)
        {
            if (source >= 0)
            {
                lastUses[source] = step;
            }
        }
    }
}
