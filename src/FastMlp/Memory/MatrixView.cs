namespace FastMlp.Memory;

/// <summary>A row-major matrix in native memory: element (i, j) is at Pointer + i Stride + j.</summary>
/// <param name="Address">Where element (0, 0) is.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns.</param>
/// <param name="Stride">Floats from one row to the next.</param>
/// <param name="IsPadded">Whether the floats between Columns and Stride may be read and written.</param>
internal readonly unsafe record struct MatrixView(nint Address, nint Rows, nint Columns, nint Stride, bool IsPadded)
{
    public float* Pointer => (float*)Address;

    /// <summary>Rows one behind the other, with no padding.</summary>
    public static MatrixView Dense(float* pointer, nint rows, nint columns) => new((nint)pointer, rows, columns, columns, IsPadded: false);

    /// <summary>Rows from <paramref name="start"/> on.</summary>
    public MatrixView Slice(nint start, nint rows) => this with { Address = (nint)(Pointer + (start * Stride)), Rows = rows };

    /// <summary>In place of what the compiler would write: its text of a pointer stops the compiler of NativeAOT.</summary>
    public override string ToString() => $"{Rows} x {Columns}, stride {Stride}";
}
