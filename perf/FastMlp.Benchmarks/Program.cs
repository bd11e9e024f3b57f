using System.CommandLine;
using BenchmarkDotNet.Running;
using FastMlp.Benchmarks;
using FastMlp.Benchmarks.Mnist;
using FastMlp.Benchmarks.Peers;
using FastMlp.Benchmarks.Suites;

// Three commands of our own; every other argument is BenchmarkDotNet's: --filter '*Gemm*', --list flat, ...
Option<double> seconds = new("--seconds") { Description = "Time for each system in each case.", DefaultValueFactory = _ => 0.4 };
Option<double> minutes = new("--minutes") { Description = "Time that the whole run may take when it must wait for quiet moments.", DefaultValueFactory = _ => 14 };
Option<string?> only = new("--only") { Description = "A table (gemm, gradient, row, batch, step, few, two, mnist) or part of a case's name." };
Option<string> note = new("--note") { Description = "A remark to stand above the figures.", DefaultValueFactory = _ => "" };
Option<bool> dry = new("--dry") { Description = "Leave perf/results alone." };
Option<string?> digits = new("--data") { Description = "The folder with MNIST's idx files, for the rows with real digits and the time to learn them." };
Option<int> networks = new("--seeds") { Description = "Networks to train on MNIST.", DefaultValueFactory = _ => 10 };
Option<bool> list = new("--list") { Description = "Name the rivals that are installed and those that are not, and measure nothing." };
Command peers = new("peers", "Measure FastMlp and its rivals side by side.") { seconds, minutes, only, note, dry, digits, networks, list };
peers.SetAction(p => p.GetValue(list)
    ? PeersCommand.List()
    : PeersCommand.Run(new PeersRequest(
        p.GetValue(seconds), p.GetValue(minutes), p.GetValue(only), p.GetValue(note)!, !p.GetValue(dry), p.GetValue(digits), p.GetValue(networks))));

Option<string> data = new("--data") { Description = "The folder with MNIST's idx files.", Required = true };
Option<int> seeds = new("--seeds") { Description = "Seeds to run.", DefaultValueFactory = _ => 10 };
Option<double?> accuracy = new("--accuracy") { Description = "Only the recipe for this test accuracy: 0.97, 0.98 or 0.985; a basis for the options below." };
Option<string?> hidden = new("--hidden") { Description = "Hidden layers instead of the recipe's." };
Option<int?> batch = new("--batch") { Description = "Rows in a step." };
Option<double?> epochs = new("--epochs") { Description = "Epochs of the schedule." };
Option<float?> rate = new("--lr") { Description = "Highest learning rate." };
Option<bool?> shifts = new("--shifts") { Description = "Whether images are shifted by up to a pixel." };
Option<int> threads = new("--threads") { Description = "Threads; 0 is all cores." };
Command mnist = new("mnist", "Time training to 97, 98 and 98.5 % test accuracy.") { data, seeds, accuracy, hidden, batch, epochs, rate, shifts, threads };
mnist.SetAction(p =>
{
    int count = p.GetValue(threads);
    Recipe[] recipes =
    [
        .. Recipe.Published(count == 0 ? Environment.ProcessorCount : count)
            .Where(recipe => p.GetValue(accuracy) is not { } wanted || recipe.Accuracy == wanted)
            .Select(recipe => recipe with
            {
                Hidden = p.GetValue(hidden) is { } units ? Workload.Parse(units.Replace(',', '-')) : recipe.Hidden,
                Batch = p.GetValue(batch) ?? recipe.Batch,
                Epochs = p.GetValue(epochs) ?? recipe.Epochs,
                Rate = p.GetValue(rate) ?? recipe.Rate,
                Shifts = p.GetValue(shifts) ?? recipe.Shifts,
            }),
    ];
    if (recipes.Length == 0)
    {
        Console.Error.WriteLine($"There is no recipe for an accuracy of {p.GetValue(accuracy)}: give 0.97, 0.98 or 0.985.");
        return 2;
    }

    return MnistCommand.Run(p.GetValue(data)!, recipes, p.GetValue(seeds));
});

Command readme = new("readme", "Put the latest comparison into README.md and docs/performance.md.");
readme.SetAction(_ => ReadmeCommand.Run());

Command peak = new(PeakOfJob.Verb, "Print the FMA peak.") { Hidden = true };
peak.SetAction(_ => PeakOfJob.Print());

Argument<string> function = new("function");
Command ulp = new(ActivationError.Verb, "Print the largest error of an activation.") { function };
ulp.Hidden = true;
ulp.SetAction(p => ActivationError.Print(p.GetValue(function)!));

RootCommand root = new("FastMlp's benchmarks.") { peers, mnist, readme, peak, ulp };
if (args.Length > 0 && root.Subcommands.Any(command => command.Name == args[0]))
{
    return root.Parse(args).Invoke();
}

BenchmarkSwitcher.FromAssembly(typeof(GemmSuite).Assembly).Run(args, SuiteConfig.Create());
return 0;
