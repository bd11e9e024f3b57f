using System.Runtime.InteropServices;

namespace FastMlp.Cli.Training;

/// <summary>
/// The first Ctrl-C (or a request to terminate) asks for a stop; a second one is left to the system, which ends the process.
/// Listens from construction to disposal only: at any other time Ctrl-C ends the process at once, for nothing is lost by it.
/// </summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource source;
    private readonly Action beforeKill;
    private readonly PosixSignalRegistration interrupt;
    private readonly PosixSignalRegistration terminate;
    private int count;

    /// <param name="beforeKill">Called when the process is about to be ended, to leave the terminal in order.</param>
    /// <param name="stop">Another way to ask for the stop.</param>
    public StopSignal(Action beforeKill, CancellationToken stop)
    {
        this.beforeKill = beforeKill;
        source = CancellationTokenSource.CreateLinkedTokenSource(stop);
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        interrupt.Dispose();
        terminate.Dispose();
        source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref count) == 1)
        {
            context.Cancel = true;
            source.Cancel();
        }
        else
        {
            beforeKill();
        }
    }
}
