#:project ../src/FastMlp.Data/FastMlp.Data.csproj
#:property PublishAot=false

// Measures how fast a CSV file is read, in rows of a second of one core: dotnet run -c Release tools/measure-csv.cs FILE [ROWS]
// Processor time is counted, not the clock, so other work on the machine matters little. The numbers in docs/data.md come from it.
using System.Diagnostics;
using System.Globalization;
using FastMlp.Data;

string path = args[0];
CsvOptions options = new() { Missing = Missing.Mean };
CsvBatches batches = Measure("first pass (kinds, plan, scaling)", () => CsvBatches.Open(path, new CsvBatchOptions { Csv = options }), b => b.Rows);
Measure("training pass (read, shuffle, encode, scale, batches of 256)", () => batches.Batches(256, epoch: 1).Sum(batch => (long)batch.Rows), rows => rows);
if (new FileInfo(path).Length < 500_000_000)
{
    Measure("into memory (LoadTable)", () => CsvDataset.LoadTable(path, options), table => table.Rows);
}

static T Measure<T>(string what, Func<T> read, Func<T, long> rowsOf)
{
    TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
    T result = read();
    TimeSpan time = Process.GetCurrentProcess().TotalProcessorTime - before;
    long rows = rowsOf(result);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {rows:N0} rows, {rows / time.TotalSeconds:N0} rows/s"));
    return result;
}
