namespace FastMlp.Data;

/// <summary>Settings among which <see cref="SuccessiveHalving"/> chooses.</summary>
/// <param name="Name">What to call them in reports.</param>
/// <param name="Build">Makes a network with its first weights, the same at each call. Called on several threads.</param>
/// <param name="Options">
/// How it is trained: loss, optimizer, batch size, metric and seed. Length, validation rows and threads are the search's; there is no schedule,
/// for nobody knows yet how long training lasts, and no one to call back.
/// </param>
public sealed record Candidate(string Name, Func<Network> Build, FitOptions Options);
