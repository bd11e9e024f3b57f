namespace FastMlp.Benchmarks.Peers;

/// <summary>FANN, the C library of small networks: row by row, which is all it does. Its symmetric sigmoid stands for tanh; it has no rectifier, so ReLU nets run with the piecewise linear sigmoid.</summary>
internal sealed unsafe class FannPeer : Peer
{
    private const int LinearPiece = 12;
    private const int SigmoidSymmetric = 5;
    private const int Linear = 0;
    private const int TrainIncremental = 0;

    private readonly delegate* unmanaged<uint, uint*, nint> create;
    private readonly delegate* unmanaged<nint, float*, float*> run;
    private readonly delegate* unmanaged<nint, float*, float*, void> train;
    private readonly delegate* unmanaged<nint, int, void> setHidden;
    private readonly delegate* unmanaged<nint, int, void> setOutput;
    private readonly delegate* unmanaged<nint, int, void> setAlgorithm;

    public FannPeer()
    {
        nint library = NativeLibraries.Open("FANN", "libfloatfann.so.2", "libfloatfann.so", "libfloatfann.dylib", "fannfloat.dll");
        create = (delegate* unmanaged<uint, uint*, nint>)NativeLibraries.Function(library, "fann_create_standard_array");
        run = (delegate* unmanaged<nint, float*, float*>)NativeLibraries.Function(library, "fann_run");
        train = (delegate* unmanaged<nint, float*, float*, void>)NativeLibraries.Function(library, "fann_train");
        setHidden = (delegate* unmanaged<nint, int, void>)NativeLibraries.Function(library, "fann_set_activation_function_hidden");
        setOutput = (delegate* unmanaged<nint, int, void>)NativeLibraries.Function(library, "fann_set_activation_function_output");
        setAlgorithm = (delegate* unmanaged<nint, int, void>)NativeLibraries.Function(library, "fann_set_training_algorithm");
    }

    public override string Name => "FANN";

    public override string Version => "2.x (libfloatfann)";

    public override Func<int, double>? Forward(Workload work, int rows)
    {
        if (work.Layers == 1)
        {
            return null;
        }

        nint network = Create(work);
        float[] x = Workload.Values(rows * work.Inputs);
        return Repeat(() =>
        {
            fixed (float* first = x)
            {
                for (int row = 0; row < rows; row++)
                {
                    run(network, first + (row * work.Inputs));
                }
            }
        });
    }

    public override Func<int, double>? Step(Workload work, int rows, bool adam)
    {
        if (adam)
        {
            return null;
        }

        nint network = Create(work);
        setAlgorithm(network, TrainIncremental);
        float[] x = Workload.Values(rows * work.Inputs);
        float[] targets = new float[rows * work.Outputs];
        int[] labels = work.Labels(rows);
        for (int row = 0; row < rows; row++)
        {
            targets[(row * work.Outputs) + labels[row]] = 1;
        }

        return Repeat(() =>
        {
            fixed (float* first = x, target = targets)
            {
                for (int row = 0; row < rows; row++)
                {
                    train(network, first + (row * work.Inputs), target + (row * work.Outputs));
                }
            }
        });
    }

    private nint Create(Workload work)
    {
        uint[] sizes = [.. work.Sizes.Select(size => (uint)size)];
        fixed (uint* first = sizes)
        {
            nint network = create((uint)sizes.Length, first);
            setHidden(network, work.Hidden == Activation.Tanh ? SigmoidSymmetric : LinearPiece);
            setOutput(network, work.Output == Activation.Tanh ? SigmoidSymmetric : Linear);
            return network;
        }
    }
}
