namespace FastMlp.Metrics;

/// <summary>How figures of several classes or labels become one. Those that neither the truth nor the network ever named are left out.</summary>
public enum Averaging
{
    /// <summary>The plain mean: each class counts alike.</summary>
    Macro,

    /// <summary>From the counts of all classes added up: each row (or label of a row) counts alike.</summary>
    Micro,

    /// <summary>The mean weighted by how often the truth named each class.</summary>
    Weighted,
}
