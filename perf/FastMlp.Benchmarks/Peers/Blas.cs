using System.Runtime.InteropServices;

namespace FastMlp.Benchmarks.Peers;

/// <summary>Row-major C[m,n] = alpha op(A) op(B) + beta C, from a C library on one thread.</summary>
internal abstract class Blas
{
    public abstract string Name { get; }

    public abstract string Version { get; }

    public abstract unsafe void Multiply(
        bool transposeA, bool transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc);
}

/// <summary>A library with the classic C interface, <c>cblas_sgemm</c>.</summary>
internal abstract unsafe class ClassicBlas : Blas
{
    private const int RowMajor = 101;
    private const int Plain = 111;
    private const int Transposed = 112;

    private readonly delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void> sgemm;

    protected ClassicBlas(string name, params string[] files)
    {
        Name = name;
        Library = NativeLibraries.Open(name, files);
        sgemm = (delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)
            NativeLibraries.Function(Library, "cblas_sgemm");
    }

    public override string Name { get; }

    protected nint Library { get; }

    public override void Multiply(
        bool transposeA, bool transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc) =>
        sgemm(RowMajor, transposeA ? Transposed : Plain, transposeB ? Transposed : Plain, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);

    /// <summary>A string that a function without arguments gives.</summary>
    protected string Ask(string function) =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)NativeLibraries.Function(Library, function))()) ?? "unknown";
}

/// <summary>OpenBLAS.</summary>
internal sealed unsafe class OpenBlas : ClassicBlas
{
    public OpenBlas()
        : base("OpenBLAS", "libopenblas.so.0", "libopenblas.dylib", "libopenblas.dll")
    {
        // The runtime's copy of the environment is not the C library's, so the variable would come too late.
        ((delegate* unmanaged<int, void>)NativeLibraries.Function(Library, "openblas_set_num_threads"))(1);
        Version = Ask("openblas_get_config");
    }

    public override string Version { get; }
}

/// <summary>BLIS.</summary>
internal sealed unsafe class Blis : ClassicBlas
{
    public Blis()
        : base("BLIS", "libblis.so.4", "libblis.so", "libblis.dylib")
    {
        // dim_t is 64 bits wide in every build that a distribution ships.
        ((delegate* unmanaged<long, void>)NativeLibraries.Function(Library, "bli_thread_set_num_threads"))(1);
        Version = Ask("bli_info_get_version_str");
    }

    public override string Version { get; }
}

/// <summary>oneDNN, by <c>dnnl_sgemm</c>, which is row-major.</summary>
internal sealed unsafe class OneDnn : Blas
{
    private readonly delegate* unmanaged<byte, byte, long, long, long, float, float*, long, float*, long, float, float*, long, int> sgemm;

    public OneDnn()
    {
        nint library = NativeLibraries.Open("oneDNN", "libdnnl.so.3", "libdnnl.so.2", "libdnnl.dylib", "dnnl.dll");
        sgemm = (delegate* unmanaged<byte, byte, long, long, long, float, float*, long, float*, long, float, float*, long, int>)
            NativeLibraries.Function(library, "dnnl_sgemm");
        if (NativeLibrary.TryLoad("libgomp.so.1", out nint openMp))
        {
            ((delegate* unmanaged<int, void>)NativeLibraries.Function(openMp, "omp_set_num_threads"))(1);
        }

        int* version = (int*)((delegate* unmanaged<nint>)NativeLibraries.Function(library, "dnnl_version"))();
        Version = $"{version[0]}.{version[1]}.{version[2]}";
    }

    public override string Name => "oneDNN";

    public override string Version { get; }

    public override void Multiply(
        bool transposeA, bool transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc)
    {
        int status = sgemm((byte)(transposeA ? 'T' : 'N'), (byte)(transposeB ? 'T' : 'N'), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        if (status != 0)
        {
            throw new InvalidOperationException($"dnnl_sgemm returned {status}.");
        }
    }
}
