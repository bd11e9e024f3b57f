namespace FastMlp.Serialization;

/// <summary>The element types of the safetensors format; members carry the format's own names.</summary>
/// <remarks>All are known, so that the sizes of any well-formed file can be checked; only four of them are read as weights.</remarks>
internal enum TensorType
{
    BOOL,
    F4,
    F6_E2M3,
    F6_E3M2,
    U8,
    I8,
    F8_E5M2,
    F8_E4M3,
    F8_E8M0,
    F8_E4M3FNUZ,
    F8_E5M2FNUZ,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    C64,
    F64,
    I64,
    U64,
}
