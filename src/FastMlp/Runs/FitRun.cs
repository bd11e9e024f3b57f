using FastMlp.Training;

namespace FastMlp;

/// <summary>A fit with its checkpoints: the loop knows nothing of files.</summary>
internal static class FitRun
{
    public static FitReport Execute(Network network, Dataset train, FitOptions options, CancellationToken cancellationToken)
    {
        Checkpoints? to = options.Checkpoint is { } checkpoint ? new Checkpoints(checkpoint.Folder) : null;
        Checkpoints? from = options.Resume is { } resume ? new Checkpoints(resume) : null;
        bool isSame = to?.Folder == from?.Folder;
        from = isSame ? to : from;
        using FitLoop loop = new(network, train, options, to is null ? null : snapshot => to.Save(options.Checkpoint!.Keep, network, snapshot));
        to?.Prepare(resumes: isSame);
        if (from?.Load() is { } found)
        {
            Snapshot snapshot = Checkpoints.Take(network, found.Contents);
            loop.Resume(snapshot, new ResumePoint(found.Path, snapshot.Run.Fit?.Epoch ?? 0, snapshot.Run.Fit?.Batch ?? 0, found.Skipped));
        }

        FitReport report = loop.Run(cancellationToken);
        loop.Record(report).Attach(network);
        GC.KeepAlive(network);
        return report;
    }
}
