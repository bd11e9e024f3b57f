using System.CommandLine;
using FastMlp.ServingBench;

// What docs/serving.md says of serving: dotnet run -c Release --project perf/FastMlp.ServingBench -- soak | latency | http
Option<double> seconds = new("--seconds") { Description = "Time for each figure.", DefaultValueFactory = _ => 10 };
Option<int> readers = new("--readers") { Description = "Threads that predict.", DefaultValueFactory = _ => 8 };
Option<int> swaps = new("--swaps") { Description = "Models published a second.", DefaultValueFactory = _ => 1000 };
Command soak = new("soak", "Readers on a live model, with and without swaps: whose answers they get, latency, memory.") { seconds, readers, swaps };
soak.SetAction(p => Soak.Run(p.GetValue(seconds), p.GetValue(readers), p.GetValue(swaps)));

Option<double> rate = new("--rate") { Description = "Calls a second.", DefaultValueFactory = _ => 10_000 };
Command latency = new("latency", "One row at a steady rate beside a thread that allocates: FastMlp, and ONNX Runtime with bound buffers.") { seconds, rate };
latency.SetAction(p => InProcess.Run(p.GetValue(seconds), p.GetValue(rate)));

Option<int> connections = new("--connections") { Description = "Connections.", DefaultValueFactory = _ => 16 };
Command http = new("http", "Requests a second: FastMlp's endpoints, one that parses and answers a constant, one with ONNX Runtime.") { seconds, connections };
http.SetAction((p, _) => OverHttp.RunAsync(p.GetValue(seconds), p.GetValue(connections)));
return new RootCommand("Measures serving.") { soak, latency, http }.Parse(args).Invoke();
