namespace FastMlp.Tests.Support;

/// <summary>Tests that count the whole process's allocations or share its cores: no other test runs meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
