using System.Globalization;
using System.Text;
using System.Text.Json;
using FastMlp.Tests.Claims;
using FastMlp.Tests.Support;

namespace FastMlp.Tests.Interop;

/// <summary>
/// Optimizers and schedules against PyTorch's. With FASTMLP_WRITE_OPTIMIZERS=1 the table of docs/optimizers.md is written,
/// after the 1,001 steps that it speaks of; otherwise fewer have to do.
/// </summary>
public class TorchTests
{
    private const int StepsOfTheTable = 1001;
    private const int StepsOfATest = 31;

    // As tools/torch-optimizers.py has them.
    private static readonly Dictionary<string, (string Title, Optimizer Optimizer)> optimizers = new()
    {
        ["Sgd"] = ("SGD, rate 0.1", new Sgd(0.1f)),
        ["SgdDecay"] = ("SGD, rate 0.1, decay 0.01", new Sgd(0.1f, weightDecay: 1e-2f) { DecayBiases = true }),
        ["Momentum"] = ("SGD, rate 0.1, momentum 0.9", new Sgd(0.1f, 0.9f)),
        ["Nesterov"] = ("SGD, rate 0.1, Nesterov 0.9, decay 0.001", new Sgd(0.1f, 0.9f, nesterov: true, weightDecay: 1e-3f) { DecayBiases = true }),
        ["Adam"] = ("Adam, rate 0.01", new Adam(1e-2f)),
        ["AdamDecay"] = ("Adam, rate 0.01, decay 0.01", new Adam(1e-2f, weightDecay: 1e-2f) { DecayBiases = true }),
        ["AmsGrad"] = ("Adam, rate 0.01, AMSGrad", new Adam(1e-2f, amsGrad: true)),
        ["AdamW"] = ("AdamW, rate 0.01, decay 0.01", new AdamW(1e-2f, weightDecay: 1e-2f) { DecayBiases = true }),
        ["AdamWAmsGrad"] = ("AdamW, rate 0.01, decay 0.1, AMSGrad", new AdamW(1e-2f, weightDecay: 1e-1f, amsGrad: true) { DecayBiases = true }),
        ["AdaGrad"] = ("AdaGrad, rate 0.1", new AdaGrad(0.1f)),
        ["AdaGradDecay"] = ("AdaGrad, rate 0.1, decay 0.01, v from 0.1", new AdaGrad(0.1f, initialAccumulator: 0.1f, weightDecay: 1e-2f) { DecayBiases = true }),
        ["RmsProp"] = ("RMSProp, rate 0.01", new RmsProp(1e-2f)),
        ["RmsPropDecay"] = ("RMSProp, rate 0.001, decay 0.01", new RmsProp(1e-3f, weightDecay: 1e-2f) { DecayBiases = true }),
        ["RmsPropMomentum"] = ("RMSProp, rate 0.001, momentum 0.9", new RmsProp(1e-3f, momentum: 0.9f)),
        ["RmsPropCentered"] = ("RMSProp, rate 0.001, centred, rho 0.9, epsilon 0.01", new RmsProp(1e-3f, rho: 0.9f, epsilon: 1e-2f, centered: true)),
        ["RmsPropCenteredMomentum"] = ("the same, momentum 0.5", new RmsProp(1e-3f, rho: 0.9f, epsilon: 1e-2f, momentum: 0.5f, centered: true)),
        ["IRprop"] = ("iRPROP-, first step 0.001, at most 0.002", new IRprop(1e-3f, largestStep: 2e-3f)),
        ["Lbfgs"] = ("L-BFGS, strong Wolfe, until the gradient is below 10^-5", new Lbfgs()),
    };

    private static readonly Dictionary<string, Schedule> schedules = new()
    {
        ["Step"] = Schedule.Step(7, 0.3),
        ["Exponential"] = Schedule.Exponential(0.9),
        ["Polynomial"] = Schedule.Polynomial(power: 2),
        ["Cosine"] = Schedule.Cosine(0.1),
        ["CosineRestarts"] = Schedule.CosineRestarts(5, 2, 0.05),
        ["OneCycle"] = Schedule.OneCycle(),
    };

    [Fact]
    public void OptimizersAndSchedulesGoWherePyTorchsGo()
    {
        bool writes = Environment.GetEnvironmentVariable("FASTMLP_WRITE_OPTIMIZERS") == "1";
        int steps = writes ? StepsOfTheTable : StepsOfATest;
        JsonElement torch = Torch.Run(steps);
        StringBuilder table = new();
        table.Append(CultureInfo.InvariantCulture, $"| optimizer | FastMlp | PyTorch in float32 | largest parameter |\n|---|---|---|---|\n");
        JsonElement runs = torch.GetProperty("optimizers");
        Assert.Equal(optimizers.Keys.Order(), runs.EnumerateObject().Select(run => run.Name).Order());
        foreach ((string name, (string title, Optimizer optimizer)) in optimizers)
        {
            double[] expected = runs.GetProperty(name).GetProperty("float64").Numbers();
            double theirs = Largest(expected, runs.GetProperty(name).GetProperty("float32").Numbers());
            double ours = Largest(expected, Array.ConvertAll(Arrive(optimizer, steps), value => (double)value));
            table.Append(CultureInfo.InvariantCulture, $"| {title} | {ours:0.0E+0} | {theirs:0.0E+0} | {Near.Largest(expected):0.##} |\n");

            // float32 itself is the measure: no further from float64 than ten times what PyTorch's float32 is, or some ulps.
            double bound = Math.Max(10 * theirs, 8 * Near.Epsilon * Math.Max(1, Near.Largest(expected)));
            Assert.True(ours <= bound, $"{title}: {ours:G3} from float64 after {steps} steps; float32 of PyTorch is {theirs:G3} from it.");
        }

        foreach ((string name, Schedule schedule) in schedules)
        {
            double[] expected = torch.GetProperty("schedules").GetProperty(name).Numbers();
            for (int step = 0; step < expected.Length; step++)
            {
                // OneCycleLR counts 41 steps there, the others end with the 40th.
                SchedulePosition position = new(step, expected.Length + (name == "OneCycle" ? 1 : 0));
                Assert.Equal(expected[step], schedule.Factor(position), 1e-12);
            }
        }

        AssertPlateau(torch.GetProperty("losses").Numbers(), torch.GetProperty("plateau").Numbers());
        if (writes)
        {
            Write(table.ToString(), torch.GetProperty("version").GetString()!);
        }
    }

    private static void AssertPlateau(double[] losses, double[] expected)
    {
        using Network network = Network.Input(1).Dense(1).Build();
        Schedule schedule = Schedule.ReduceOnPlateau(factor: 0.5, patience: 2, threshold: 1e-2, cooldown: 1, final: 0.1);
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Sgd(1), Schedule = schedule });
        for (int epoch = 0; epoch < losses.Length; epoch++)
        {
            Assert.Equal(expected[epoch], trainer.LearningRate, 1e-6);
            trainer.EndEpoch((float)losses[epoch]);
        }
    }

    /// <summary>The parameters of the 2-3-1 net after so many steps on the sum of its outputs.</summary>
    private static float[] Arrive(Optimizer optimizer, int steps)
    {
        using Network network = Network.Input(2).Dense(3, Activation.Sigmoid).Dense(1, Activation.Sigmoid).Build();
        network.Tensors["layers.0.weight"].CopyFrom([-0.2109f, -0.4976f, -0.1413f, -0.3420f, -0.2524f, 0.6976f]);
        network.Tensors["layers.0.bias"].CopyFrom([-0.1085f, -0.2979f, 0.6892f]);
        network.Tensors["layers.1.weight"].CopyFrom([-0.0508f, -0.3941f, -0.2843f]);
        network.Tensors["layers.1.bias"].CopyFrom([-0.0711f]);
        float[] x = [0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f];
        float[] y = new float[3];

        // The mean of the outputs is the loss of rates against counts of 0. Their sum has dL/da = 1, as has the quadratic loss at y = a - 3.
        bool isMean = optimizer is Lbfgs;
        using Trainer trainer = new(network, new TrainerOptions { Loss = isMean ? Loss.Poisson(logOutputs: false) : Loss.Quadratic, Optimizer = optimizer });
        for (int step = 0; step < steps; step++)
        {
            if (!isMean)
            {
                network.Predict(x, y);
                for (int row = 0; row < 3; row++)
                {
                    y[row] -= 3;
                }
            }

            trainer.Step(x, y);
        }

        return Parameters.Of(network);
    }

    private static double Largest(double[] expected, double[] actual) => expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max();

    private static void Write(string table, string version)
    {
        const string begin = "<!-- torch:begin -->\n";
        const string end = "<!-- torch:end -->";
        string page = Path.Combine(Repository.Root, "docs", "optimizers.md");
        string text = Repository.Read(page);
        int from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        int to = text.IndexOf(end, StringComparison.Ordinal);
        Assert.True(from >= begin.Length && to >= from, "docs/optimizers.md has lost the marks of its table.");
        string caption = $"PyTorch {version}, FastMlp on {InstructionSet.Name}.\n\n";
        File.WriteAllText(page, text[..from] + caption + table + text[to..]);
    }
}
