namespace FastMlp.Tests.Support;

/// <summary>Bytes that an action allocates on the managed heap, after warm-up.</summary>
internal static class Allocated
{
    private const int WarmUp = 40;
    private const int Rounds = 10;

    /// <summary>How often <see cref="By"/> calls its action.</summary>
    public const int Calls = WarmUp + (2 * Rounds);

    /// <summary>
    /// The fewest bytes of several rounds, on this thread and in the whole process: the runtime's own threads (tiered
    /// compilation, the test host) may allocate during some rounds, the action during all of them.
    /// The action is called <see cref="Calls"/> times, whatever is seen, so that what it leaves behind depends on nothing else that runs.
    /// </summary>
    public static (long Thread, long Process) By(Action action)
    {
        // Enough calls for every method below to reach its last tier and every pool its full size.
        for (int i = 0; i < WarmUp; i++)
        {
            action();
        }

        long thread = long.MaxValue;
        long process = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long threadBefore = GC.GetAllocatedBytesForCurrentThread();
            long processBefore = GC.GetTotalAllocatedBytes(precise: true);
            action();
            action();
            long processAfter = GC.GetTotalAllocatedBytes(precise: true);
            thread = Math.Min(thread, GC.GetAllocatedBytesForCurrentThread() - threadBefore);
            process = Math.Min(process, processAfter - processBefore);
        }

        return (thread, process);
    }
}
