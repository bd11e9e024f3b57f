using System.CommandLine;
using BenchmarkDotNet.Running;
using FastMlp.Benchmarks;
using FastMlp.Benchmarks.Mnist;
using FastMlp.Benchmarks.Suites;

// Three commands of our own. Every other argument is BenchmarkDotNet's: --filter '*Layer*', --list flat, ...
Option<double> seconds = new("--seconds") { Description = "Time for each system in each case.", DefaultValueFactory = _ => 0.3 };
Option<string[]> only = new("--only") { Description = "Tables to measure: row, batch, step, layer, threads, mnist. All by default.", AllowMultipleArgumentsPerToken = true };
Option<bool> dry = new("--dry") { Description = "Leave perf/results alone." };
Option<string?> data = new("--data") { Description = "The folder with MNIST's idx files, for the time to learn them." };
Option<bool> list = new("--list") { Description = "Name the rivals that are installed and those that are not, and measure nothing." };
Command compare = new("compare", "Measure FastMlp and its rivals side by side.") { seconds, only, dry, data, list };
compare.SetAction(p =>
{
    CompareCommand command = new(p.GetValue(seconds), p.GetValue(only) ?? [], p.GetValue(data), !p.GetValue(dry));
    return p.GetValue(list) ? command.List() : command.Run();
});

Option<string> folder = new("--data") { Description = "The folder with MNIST's idx files.", Required = true };
Option<int> seeds = new("--seeds") { Description = "Seeds to run.", DefaultValueFactory = _ => 10 };
Option<int> threads = new("--threads") { Description = "Threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
Command mnist = new("mnist", "Time training to 97, 98 and 98.5 % test accuracy on MNIST.") { folder, seeds, threads };
mnist.SetAction(p =>
{
    MnistCommand.Measure(p.GetValue(folder)!, Recipe.Published(p.GetValue(threads)), p.GetValue(seeds));
    return 0;
});

Command report = new("report", "Write docs/results.md, its chart and the table of README.md from perf/results.");
report.SetAction(_ => ReportCommand.Run());

RootCommand root = new("FastMlp's benchmarks.") { compare, mnist, report };
if (args.Length > 0 && root.Subcommands.Any(command => command.Name == args[0]))
{
    return root.Parse(args).Invoke();
}

BenchmarkSwitcher.FromAssembly(typeof(Suite).Assembly).Run(args, SuiteConfig.Create());
return 0;
