namespace FastMlp.Data;

/// <summary>The element of a NumPy array.</summary>
public enum NpyType
{
    /// <summary>bool, one byte: 0 is false.</summary>
    Boolean,

    /// <summary>int8.</summary>
    Int8,

    /// <summary>int16.</summary>
    Int16,

    /// <summary>int32.</summary>
    Int32,

    /// <summary>int64.</summary>
    Int64,

    /// <summary>uint8.</summary>
    UInt8,

    /// <summary>uint16.</summary>
    UInt16,

    /// <summary>uint32.</summary>
    UInt32,

    /// <summary>uint64.</summary>
    UInt64,

    /// <summary>float16.</summary>
    Float16,

    /// <summary>float32.</summary>
    Float32,

    /// <summary>float64.</summary>
    Float64,
}
