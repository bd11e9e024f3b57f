namespace FastMlp;

/// <summary>
/// Loads a model's file into a <see cref="LiveModel"/> each time it changes. It looks at the file at an interval, which works on network drives, in containers and
/// through links too, and loads it only when two looks in a row saw the same size and time: a file that is still being written is waited for.
/// </summary>
/// <remarks>A file that was changed while it was read is read again. One that is refused is not tried again until it changes; <see cref="LiveModel.LastRefusal"/> says why, and the last good model stays.</remarks>
public sealed class ModelFileWatcher : IAsyncDisposable
{
    private readonly LiveModel model;
    private readonly string path;
    private readonly CancellationTokenSource stop = new();
    private readonly Task watching;

    /// <param name="model">Where the file is loaded to. It is not disposed with this.</param>
    /// <param name="path">The file; it need not be there yet.</param>
    /// <param name="interval">From look to look; by default a second.</param>
    /// <param name="loaded">Whether the file as it is now was loaded already, so that only a change counts.</param>
    /// <param name="clock">By default that of the system.</param>
    public ModelFileWatcher(LiveModel model, string path, TimeSpan? interval = null, bool loaded = false, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(path);
        this.model = model;
        this.path = path;
        FileStamp? done = loaded ? FileStamp.Of(path) : null;
        PeriodicTimer timer = new(interval ?? TimeSpan.FromSeconds(1), clock ?? TimeProvider.System);
        watching = Task.Run(() => WatchAsync(timer, done));
    }

    /// <summary>Ends the watch; a load under way is waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await watching.ConfigureAwait(false);
        stop.Dispose();
    }

    private async Task WatchAsync(PeriodicTimer timer, FileStamp? done)
    {
        FileStamp? before = null;
        try
        {
            using (timer)
            {
                while (await timer.WaitForNextTickAsync(stop.Token).ConfigureAwait(false))
                {
                    FileStamp? now = FileStamp.Of(path);
                    if (now is not null && now == before && now != done)
                    {
                        bool refused = !await TryLoadAsync().ConfigureAwait(false);

                        // A refusal of a file that changed meanwhile says nothing about the file.
                        if (FileStamp.Of(path) == now)
                        {
                            done = now;
                        }
                        else if (refused)
                        {
                            now = null;
                        }
                    }

                    before = now;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task<bool> TryLoadAsync()
    {
        try
        {
            await model.LoadAsync(path, stop.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is ModelRefusedException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>What tells one content of a file from another without reading it. A link is followed: its target is what counts.</summary>
    private sealed record FileStamp(long Length, DateTime Written, string Target)
    {
        public static FileStamp? Of(string path)
        {
            try
            {
                FileInfo file = new(path);
                FileSystemInfo target = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
                FileInfo real = new(target.FullName);
                return real.Exists ? new FileStamp(real.Length, real.LastWriteTimeUtc, real.FullName) : null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }
}
