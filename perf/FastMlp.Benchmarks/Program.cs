using System.CommandLine;
using BenchmarkDotNet.Running;
using FastMlp.Benchmarks;
using FastMlp.Benchmarks.Mnist;
using FastMlp.Benchmarks.Peers;
using FastMlp.Benchmarks.Suites;

// Three commands of our own; every other argument is BenchmarkDotNet's: --filter '*Gemm*', --list flat, ...
Option<double> seconds = new("--seconds") { Description = "Time for each system in each case.", DefaultValueFactory = _ => 0.5 };
Option<string?> only = new("--only") { Description = "A table (gemm, row, batch, step) or part of a case's name." };
Option<string> note = new("--note") { Description = "A remark to stand above the figures.", DefaultValueFactory = _ => "" };
Option<bool> dry = new("--dry") { Description = "Leave perf/results alone." };
Command peers = new("peers", "Measure FastMlp and its rivals side by side.") { seconds, only, note, dry };
peers.SetAction(p => PeersCommand.Run(p.GetValue(seconds), p.GetValue(only), p.GetValue(note)!, !p.GetValue(dry) && p.GetValue(only) is null));

Option<string> data = new("--data") { Description = "The folder with MNIST's idx files.", Required = true };
Option<int> seeds = new("--seeds") { Description = "Seeds to run.", DefaultValueFactory = _ => 10 };
Option<string> hidden = new("--hidden") { Description = "Hidden layers.", DefaultValueFactory = _ => "256" };
Option<int> batch = new("--batch") { Description = "Rows in a step.", DefaultValueFactory = _ => 128 };
Option<int> epochs = new("--epochs") { Description = "Epochs of the schedule.", DefaultValueFactory = _ => 8 };
Option<float> rate = new("--lr") { Description = "Highest learning rate.", DefaultValueFactory = _ => 3e-3f };
Option<int> threads = new("--threads") { Description = "Threads; 0 is all cores.", DefaultValueFactory = _ => 0 };
Command mnist = new("mnist", "Time training to 97, 98 and 98.5 % test accuracy.") { data, seeds, hidden, batch, epochs, rate, threads };
mnist.SetAction(p => MnistCommand.Run(
    p.GetValue(data)!,
    new Recipe([.. p.GetValue(hidden)!.Split(',').Select(int.Parse)], p.GetValue(batch), p.GetValue(epochs), p.GetValue(rate), p.GetValue(threads) is 0 ? Environment.ProcessorCount : p.GetValue(threads)),
    p.GetValue(seeds)));

Command readme = new("readme", "Put the latest comparison into README.md.");
readme.SetAction(_ => ReadmeCommand.Run());

Command peak = new(PeakOfJob.Verb, "Print the FMA peak.") { Hidden = true };
peak.SetAction(_ => PeakOfJob.Print());

RootCommand root = new("FastMlp's benchmarks.") { peers, mnist, readme, peak };
if (args.Length > 0 && root.Subcommands.Any(command => command.Name == args[0]))
{
    return root.Parse(args).Invoke();
}

BenchmarkSwitcher.FromAssembly(typeof(GemmSuite).Assembly).Run(args, SuiteConfig.Create());
return 0;
