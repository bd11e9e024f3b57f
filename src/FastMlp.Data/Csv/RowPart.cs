namespace FastMlp.Data;

/// <summary>The parts of the rows of a stream.</summary>
public enum RowPart
{
    /// <summary>Trained on.</summary>
    Train,

    /// <summary>Scored after every epoch.</summary>
    Validation,

    /// <summary>Scored at the end.</summary>
    Test,
}
