using System.Globalization;
using System.Text;
using FastMlp.Data;

namespace FastMlp.Tests;

/// <summary>A CSV file read again for each epoch gives what reading it into memory gives, in another order.</summary>
public sealed class CsvBatchesTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData("mean")]
    [InlineData("median")]
    [InlineData("indicator")]
    public void WithNothingHeldOutItIsTheTableInAnotherOrder(string way)
    {
        Assert.True(Missing.TryParse(way, out Missing missing));
        CsvOptions csv = new() { Missing = missing, Target = "kind", RareBelow = 3 };
        Write(500);
        RawTable table = CsvDataset.LoadTable(path, csv);
        Preprocessing inMemory = Preprocessing.Fit(table);
        CsvBatches batches = CsvBatches.Open(path, new CsvBatchOptions { Csv = csv, ShuffleRows = 64, Seed = 3 });
        Assert.Equal(inMemory.ToJson(), batches.Preprocessing.ToJson());
        Assert.Equal((500L, 500L, 0L), (batches.Rows, batches.TrainRows, batches.TestRows));
        Assert.Null(batches.Validation);

        Dataset all = inMemory.Transform(table);
        Assert.Equal(Rows([all]), Rows(batches.Read(RowPart.Train, 7)));
        List<string> first = Rows(batches.Batches(32, epoch: 1));
        Assert.Equal(Rows([all]).Order(), first.Order());
        Assert.NotEqual(Rows([all]), first);
        Assert.Equal(first, Rows(batches.Batches(50, epoch: 1)));
        Assert.NotEqual(first, Rows(batches.Batches(32, epoch: 2)));
        Assert.Equal([32, 32], batches.Batches(32, 1).Take(2).Select(batch => batch.Rows));
        Assert.Equal(500 % 32, batches.Batches(32, 1).Last().Rows);
    }

    [Fact]
    public void PartsAreDisjointWholeAndTheSameInEveryPass()
    {
        Write(2000);
        CsvBatchOptions options = new() { Csv = new CsvOptions { Missing = Missing.Mean }, TestFraction = 0.25, ValidationFraction = 0.1, Seed = 5, ShuffleRows = 100 };
        CsvBatches batches = CsvBatches.Open(path, options);
        Assert.InRange(batches.TestRows, 440, 560);
        Assert.InRange(batches.Validation!.Rows, 110, 190);
        Assert.Equal(2000, batches.Rows);
        List<string> train = Rows(batches.Batches(64, 1));
        List<string> test = Rows(batches.Read(RowPart.Test, 64));
        List<string> validation = Rows([batches.Validation]);
        Assert.Equal(batches.TrainRows, train.Count);
        Assert.Equal(batches.TestRows, test.Count);
        Assert.Equal(validation, Rows(batches.Read(RowPart.Validation, 64)));
        Assert.Equal(2000, train.Concat(test).Concat(validation).Distinct().Count());
        Assert.Equal(train.Order(), Rows(batches.Batches(64, 2)).Order());
        Assert.Equal(batches.TestRows, Enumerable.Range(0, 2000).Count(row => CsvBatches.IsTestRow(row, 0.25, 5)));

        // The plan knows the training rows only: those of the same file with the held-out ones taken away.
        RawTable table = CsvDataset.LoadTable(path, options.Csv);
        int[] kept = [.. Enumerable.Range(0, 2000).Where(row => Place(row) >= 0.25 + (0.75 * 0.1))];
        Assert.Equal(Preprocessing.Fit(table.Select(kept)).ToJson(), batches.Preprocessing.ToJson());

        static double Place(int row)
        {
            // The least share that would hold the row out.
            double low = 0, high = 1;
            for (int i = 0; i < 40; i++)
            {
                double middle = (low + high) / 2;
                (low, high) = CsvBatches.IsTestRow(row, middle, 5) ? (low, middle) : (middle, high);
            }

            return low;
        }
    }

    [Fact]
    public void ValidationRowsAreBoundedAndTheRestIsTrainedOn()
    {
        Write(3000);
        CsvBatches batches = CsvBatches.Open(path, new CsvBatchOptions { Csv = new CsvOptions { Missing = Missing.Mean }, ValidationFraction = 0.5, MaxValidationRows = 100 });
        Assert.InRange(batches.Validation!.Rows, 30, 100);
        Assert.Equal(3000, batches.Rows);
        Assert.Equal(batches.TrainRows, batches.Batches(100, 1).Sum(batch => batch.Rows));
        Assert.Equal(Rows([batches.Validation]), Rows(batches.Read(RowPart.Validation, 10)));
    }

    [Fact]
    public void ANetworkLearnsFromItAsFromMemory()
    {
        Write(1500);
        CsvBatches batches = CsvBatches.Open(path, new CsvBatchOptions { Csv = new CsvOptions { Missing = Missing.Mean, Target = "kind" }, TestFraction = 0.2, ValidationFraction = 0.1, ShuffleRows = 500 });
        using Network network = Network.Input(batches.Preprocessing.Features.Size).Dense(8, Activation.Relu).Dense(3, Activation.Softmax).Build(seed: 1);
        int reported = 0;
        FitReport report = network.Fit(batches, new FitOptions { Loss = Loss.CrossEntropy, Optimizer = new Adam(0.01f), Epochs = 60, BatchSize = 16, EarlyStoppingPatience = 8, Progress = _ => reported++ });
        Assert.Equal(report.Epochs.Count, reported);
        Assert.Equal(report.Epochs.MinBy(epoch => epoch.ValidationLoss).ValidationLoss, network.Evaluate(batches.Validation!, Loss.CrossEntropy).Loss);
        Assert.InRange(report.Epochs[^1].TrainMetric, 0.9f, 1);
        double right = batches.Read(RowPart.Test, 64).Sum(batch => network.Evaluate(batch, Loss.CrossEntropy).Accuracy * batch.Rows);
        Assert.InRange(right / batches.TestRows, 0.9, 1);
    }

    [Fact]
    public void TheStepsAreThoseOfTheTrainer()
    {
        Write(200);
        CsvBatches batches = CsvBatches.Open(path, new CsvBatchOptions { Csv = new CsvOptions { Missing = Missing.Mean } });
        int size = batches.Preprocessing.Features.Size;
        using Network streamed = Network.Input(size).Dense(1).Build(seed: 1);
        using Network stepped = Network.Input(size).Dense(1).Build(seed: 1);
        FitReport report = streamed.Fit(batches, new FitOptions { Optimizer = new Sgd(0.01f), Epochs = 2, BatchSize = 16 });
        using Trainer trainer = new(stepped, new TrainerOptions { Optimizer = new Sgd(0.01f) });
        double loss = 0;
        for (int epoch = 1; epoch <= 2; epoch++)
        {
            loss = batches.Batches(16, epoch).Sum(batch => trainer.Step(batch.Features, batch.Targets) * (double)batch.Rows) / 200;
        }

        Assert.Equal((float)loss, report.Epochs[1].TrainLoss);
        float[] x = new float[size];
        Array.Fill(x, 0.5f);
        Assert.Equal(stepped.Predict(x), streamed.Predict(x));
        Assert.Equal(StopReason.Cancelled, streamed.Fit(batches, new FitOptions(), new CancellationToken(canceled: true)).StopReason);
        Assert.Throws<ArgumentException>(() => streamed.Fit(batches, new FitOptions { EarlyStoppingPatience = 3 }));
        using Network other = Network.Input(size + 1).Dense(1).Build(seed: 1);
        Assert.Throws<ArgumentException>(() => other.Fit(batches, new FitOptions()));

        // What a stream cannot honour it refuses, rather than leave it out.
        Assert.Contains("stream", Assert.Throws<ArgumentException>(() => streamed.Fit(batches, new FitOptions { ValidationFraction = 0.1 })).Message);
        Assert.Contains("L-BFGS", Assert.Throws<ArgumentException>(() => streamed.Fit(batches, new FitOptions { Optimizer = new Lbfgs() })).Message);
    }

    [Fact]
    public void InTheOrderOfTheFileItIsTheTableBitForBit()
    {
        Write(300);
        CsvOptions csv = new() { Missing = Missing.Mean, Target = "kind" };
        CsvBatches file = CsvBatches.Open(path, new CsvBatchOptions { Csv = csv });
        RawTable table = CsvDataset.LoadTable(path, csv);
        Dataset rows = Preprocessing.Fit(table).Transform(table);
        FitOptions options = new()
        {
            Loss = Loss.CrossEntropy,
            Epochs = 6,
            BatchSize = 32,
            Shuffle = false,
            AccumulateBatches = 2,
            Schedule = Schedule.OneCycle(),
            Validation = rows.Slice(0, 50),
            EarlyStoppingPatience = 5,
            Watch = Metric.BalancedAccuracy,
        };
        using Network streamed = Network.Input(rows.InputSize).Dense(8, Activation.Tanh).Dropout(0.1f).Dense(3, Activation.Softmax).Build(seed: 1);
        using Network inMemory = streamed.Clone();
        FitReport fromFile = streamed.Fit(file, options);
        FitReport fromMemory = inMemory.Fit(rows, options);
        Assert.Equal(inMemory.Predict(rows.Features), streamed.Predict(rows.Features));
        Assert.Equal(fromMemory.Epochs.Select(epoch => (epoch.TrainLoss, epoch.TrainMetric, epoch.Watched, epoch.LearningRate)), fromFile.Epochs.Select(epoch => (epoch.TrainLoss, epoch.TrainMetric, epoch.Watched, epoch.LearningRate)));
    }

    [Fact]
    public void ARunThatDiesGoesOnWhereItWasInTheFile()
    {
        Write(500);
        string folder = Directory.CreateTempSubdirectory("fastmlp").FullName;
        try
        {
            CsvBatchOptions reading = new() { Csv = new CsvOptions { Missing = Missing.Mean, Target = "kind" }, ValidationFraction = 0.1, ShuffleRows = 60, Seed = 4 };
            FitOptions options = new() { Loss = Loss.CrossEntropy, Epochs = 4, BatchSize = 16, EarlyStoppingPatience = 3 };
            CsvBatches file = CsvBatches.Open(path, reading);
            using Network whole = Network.Input(file.Preprocessing.Features.Size).Dense(8, Activation.Tanh).Dense(3, Activation.Softmax).Build(seed: 1);
            using Network first = whole.Clone();
            FitReport expected = whole.Fit(file, options);
            FitReport? report = null;
            for (int life = 1; report is null; life++)
            {
                // The process has died: the file is opened anew, and the network is not the one that was trained.
                using Network next = life == 1 ? first.Clone() : Network.Input(first.InputSize).Dense(8, Activation.Tanh).Dense(3, Activation.Softmax).Build(seed: life);
                FitOptions resumes = options with { Checkpoint = new CheckpointOptions(folder) { Every = TimeSpan.FromTicks(1) }, Resume = life == 1 ? null : folder, Callbacks = [new Death(7 * life)] };
                try
                {
                    report = next.Fit(CsvBatches.Open(path, reading), resumes);
                }
                catch (TimeoutException)
                {
                    continue;
                }

                Assert.InRange(life, 3, 20);
                Assert.Equal(whole.Predict(file.Validation!.Features), next.Predict(file.Validation.Features));
                Assert.Equal(expected.Epochs.Select(epoch => (epoch.TrainLoss, epoch.ValidationLoss)), report.Epochs.Select(epoch => (epoch.TrainLoss, epoch.ValidationLoss)));
                Refuses(reading with { ShuffleRows = 61 });
                string text = File.ReadAllText(path);
                int last = text.LastIndexOfAny([.. "12345678"]);
                File.WriteAllText(path, text[..last] + '9' + text[(last + 1)..]);
                Refuses(reading);

                void Refuses(CsvBatchOptions other) =>
                    Assert.Contains("training data", Assert.Throws<ArgumentException>(() => next.Fit(CsvBatches.Open(path, other), resumes)).Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Death(int afterBatches) : TrainingCallback
    {
        private int left = afterBatches;

        public override void OnBatchEnd(TrainingProgress progress)
        {
            if (--left == 0)
            {
                throw new TimeoutException();
            }
        }
    }

    [Fact]
    public void FaultsNameTheirPlace()
    {
        File.WriteAllText(path, "a,t\n1,2\nx,3\n");
        Assert.Equal($"{path}, line 3, column 'a': 'x' is not a number; a finite number was expected. Name a column of texts and numbers as categorical (Categorical, --categorical).",
            Assert.Throws<DataFormatException>(() => CsvBatches.Open(path)).Message);
        File.WriteAllText(path, "a,t\n");
        Assert.Contains("there are no rows", Assert.Throws<DataFormatException>(() => CsvBatches.Open(path)).Message);
        File.WriteAllText(path, "a,t\n1,2\n3,4.5\n");
        CsvBatches batches = CsvBatches.Open(path);
        File.WriteAllText(path, "a,t\n1,2\nx,3\n");
        Assert.Contains("line 3", Assert.Throws<DataFormatException>(() => batches.Batches(1, 1).Count()).Message);
        Assert.Throws<FileNotFoundException>(() => CsvBatches.Open(path + ".none"));
        Assert.Throws<OperationCanceledException>(() => CsvBatches.Open(path, null, new CancellationToken(canceled: true)));
        Assert.Throws<ArgumentOutOfRangeException>(() => CsvBatches.Open(path, new CsvBatchOptions { TestFraction = 1 }));
    }

    /// <summary>A number with gaps, a town, a number, a kind that depends on town and number, and a value.</summary>
    private void Write(int rows)
    {
        Random random = new(11);
        StringBuilder text = new("n,town,m,kind,y\n");
        for (int i = 0; i < rows; i++)
        {
            double n = random.NextDouble() * 10;
            int town = random.Next(4);
            string kind = town == 0 ? "low" : n > 5 ? "high" : "middle";
            text.Append(random.Next(10) == 0 ? "" : n.ToString("F3", CultureInfo.InvariantCulture)).Append(",t").Append(random.Next(100) == 0 ? 50 + i : town).Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{n + random.NextDouble():F3},{kind},{i + 0.5}\n");
        }

        File.WriteAllText(path, text.ToString());
    }

    private static List<string> Rows(IEnumerable<Dataset> sets)
    {
        List<string> rows = [];
        foreach (Dataset set in sets)
        {
            for (int row = 0; row < set.Rows; row++)
            {
                rows.Add($"{string.Join(' ', set.Features.Slice(row * set.InputSize, set.InputSize).ToArray())} {(set.IsClassification ? set.Labels[row] : set.Targets[row])}");
            }
        }

        return rows;
    }
}
