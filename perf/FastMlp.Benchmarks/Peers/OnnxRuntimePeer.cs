using System.Runtime.InteropServices;
using System.Text;

namespace FastMlp.Benchmarks.Peers;

/// <summary>ONNX Runtime's CPU provider through its C API: one thread, all graph optimizations, input and output buffers bound once.</summary>
internal sealed unsafe class OnnxRuntimePeer : Peer
{
    /// <summary>The version of the function table asked for: an old one, which every newer library still gives.</summary>
    private const uint ApiVersion = 11;

    /// <summary>Places in the function table, which only ever grows at its end.</summary>
    private static class Slot
    {
        public const int GetErrorMessage = 2;
        public const int CreateEnv = 3;
        public const int CreateSessionFromArray = 8;
        public const int Run = 9;
        public const int CreateSessionOptions = 10;
        public const int SetSessionGraphOptimizationLevel = 23;
        public const int SetIntraOpNumThreads = 24;
        public const int SetInterOpNumThreads = 25;
        public const int CreateTensorWithDataAsOrtValue = 49;
        public const int CreateCpuMemoryInfo = 69;
    }

    private const int LogErrors = 3;
    private const int AllOptimizations = 99;
    private const int Float = 1;

    private readonly nint* api;
    private readonly nint environment;
    private readonly nint options;
    private readonly nint memory;
    private readonly byte* inputName = Utf8("x");
    private readonly byte* outputName = Utf8("y");

    /// <param name="folders">Where tools/install-peers.sh may have put the npm package.</param>
    public OnnxRuntimePeer(params IEnumerable<string> folders)
    {
        string architecture = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64";
        string[] installed = [.. folders.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "libonnxruntime.*", SearchOption.AllDirectories))
            .Where(file => file.Contains($"/{architecture}/", StringComparison.Ordinal))];
        nint library = NativeLibraries.Open("ONNX Runtime", [.. installed, "libonnxruntime.so.1", "libonnxruntime.so", "libonnxruntime.dylib", "onnxruntime.dll"]);
        nint* table = (nint*)((delegate* unmanaged<nint>)NativeLibraries.Function(library, "OrtGetApiBase"))();
        Version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)table[1])()) ?? "unknown";
        api = (nint*)((delegate* unmanaged<uint, nint>)table[0])(ApiVersion);
        if (api is null)
        {
            throw new PeerAbsentException($"ONNX Runtime {Version} does not give the C API version {ApiVersion}.");
        }

        nint made;
        Check(((delegate* unmanaged<int, byte*, nint*, nint>)api[Slot.CreateEnv])(LogErrors, Utf8("bench"), &made));
        environment = made;
        Check(((delegate* unmanaged<nint*, nint>)api[Slot.CreateSessionOptions])(&made));
        options = made;
        Check(((delegate* unmanaged<nint, int, nint>)api[Slot.SetSessionGraphOptimizationLevel])(options, AllOptimizations));
        Check(((delegate* unmanaged<nint, int, nint>)api[Slot.SetIntraOpNumThreads])(options, 1));
        Check(((delegate* unmanaged<nint, int, nint>)api[Slot.SetInterOpNumThreads])(options, 1));
        Check(((delegate* unmanaged<int, int, nint*, nint>)api[Slot.CreateCpuMemoryInfo])(1, 0, &made));
        memory = made;
    }

    public override string Name => "ONNX Runtime";

    public override string Version { get; }

    public override Func<int, double> Forward(Workload work, int rows) => Batch(Open(OnnxModel.Write(work, rows)), work, rows);

    public override IReadOnlyList<Func<int, double>> Forward(Workload work, IReadOnlyList<int> rows)
    {
        nint session = Open(OnnxModel.Write(work, OnnxModel.AnyRows));
        return [.. rows.Select(count => Batch(session, work, count))];
    }

    private nint Open(byte[] model)
    {
        nint session;
        fixed (byte* bytes = model)
        {
            Check(((delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint>)api[Slot.CreateSessionFromArray])(
                environment, bytes, (nuint)model.Length, options, &session));
        }

        return session;
    }

    private Func<int, double> Batch(nint session, Workload work, int rows)
    {
        nint input = Value(rows, work.Inputs), output = Value(rows, work.Outputs);
        return Repeat(() => Run(session, input, output));
    }

    private void Run(nint session, nint input, nint output)
    {
        byte* inputs = inputName, outputs = outputName;
        Check(((delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)api[Slot.Run])(
            session, 0, &inputs, &input, 1, &outputs, 1, &output));
    }

    /// <summary>A tensor over memory of its own, filled.</summary>
    private nint Value(int rows, int columns)
    {
        float[] values = Workload.Values(rows * columns);
        nuint bytes = (nuint)values.Length * sizeof(float);
        float* data = Workload.Aligned(values);
        long* shape = stackalloc long[] { rows, columns };
        nint value;
        Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)api[Slot.CreateTensorWithDataAsOrtValue])(
            memory, data, bytes, shape, 2, Float, &value));
        return value;
    }

    private void Check(nint status)
    {
        if (status != 0)
        {
            nint message = ((delegate* unmanaged<nint, nint>)api[Slot.GetErrorMessage])(status);
            throw new InvalidOperationException($"ONNX Runtime: {Marshal.PtrToStringUTF8(message)}");
        }
    }

    /// <summary>A C string that lives as long as the program.</summary>
    private static byte* Utf8(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte* copy = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        return copy;
    }
}
