namespace FastMlp.Data;

/// <summary>What is learnt from the rows.</summary>
public enum DataTask
{
    /// <summary>One of several classes for each row.</summary>
    Classification,

    /// <summary>A value, or several, for each row.</summary>
    Regression,
}
