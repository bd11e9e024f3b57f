namespace FastMlp;

/// <summary>How a dense layer adds its bias b to z = x W^T.</summary>
public enum Bias
{
    /// <summary>One value for each unit.</summary>
    PerUnit,

    /// <summary>One value that all units of the layer share.</summary>
    Shared,

    /// <summary>No bias.</summary>
    None,
}
