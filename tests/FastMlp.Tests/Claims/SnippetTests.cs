using FastMlp;
using FastMlp.Data;
using FastMlp.Metrics;
using FastMlp.Onnx;
using FastMlp.Tests.Serialization;

// Outside of FastMlp's own namespaces, as a user's program is: there the using directives are needed.
namespace Documentation;

/// <summary>
/// The C# blocks of README.md and docs/, run. What stands between <c>// snippet</c> and <c>// end</c> is, word for
/// word, a block there: <see cref="FastMlp.Tests.Claims.DocumentationTests"/> compares them both ways.
/// </summary>
public class SnippetTests
{
    [Fact]
    public void TrainingOnDigits()
    {
        // snippet
        (Dataset train, Dataset test) = BuiltInDatasets.Digits().Split(0.25, seed: 1, stratified: true);
        Scaler scaler = Scaler.Standard(train);

        using Network network = Network.Input(64)
            .Dense(64, Activation.Relu)
            .Dense(10, Activation.Softmax)
            .Build(seed: 42);

        FitOptions options = new() { Loss = Loss.CrossEntropy, Optimizer = new Adam(1e-3f), Epochs = 30, BatchSize = 32, Seed = 1 };
        network.Fit(scaler.Transform(train), options);

        float accuracy = network.Evaluate(scaler.Transform(test)).Accuracy;
        network.Save("digits.safetensors");
        // end

        File.Delete("digits.safetensors");
        Assert.InRange(accuracy, 0.95f, 1f);
    }

    [Fact]
    public void WhatIsMeasured()
    {
        Dataset test = Scaler.Standard(BuiltInDatasets.Wine()).Transform(BuiltInDatasets.Wine());
        using Network network = Network.Input(13).Dense(3, Activation.Softmax).Build(seed: 3);
        network.Fit(test, new FitOptions { Epochs = 20, Optimizer = new Adam(1e-2f) });

        // snippet
        ClassificationMetrics metrics = ClassificationMetrics.Of(network, test);

        double f1 = metrics.Confusion.F1(Averaging.Macro);
        double recallOfClassTwo = metrics.Confusion.PerClass[2].Recall;
        double area = metrics.RocAuc;
        double calibrationError = metrics.Calibration.Error;
        IReadOnlyList<RocPoint> curve = metrics.RocCurveOf(2)!.Points;
        // end

        Assert.InRange(f1, 0.9, 1);
        Assert.InRange(recallOfClassTwo, 0.9, 1);
        Assert.InRange(area, 0.99, 1);
        Assert.InRange(calibrationError, 0, 0.3);
        Assert.True(curve.Count > 1);
        Assert.Equal(1.5, Math.Round(ErrorsOfParts([([1, 2], [2, 4])]).Mae, 12));
    }

    [Fact]
    public void AsInScikitLearn()
    {
        Dataset iris = BuiltInDatasets.Iris();
        float[] x = iris.Features.ToArray();
        string[] y = [.. iris.Labels.ToArray().Select(label => iris.ClassNames[label])];

        // snippet
        using MlpClassifier classifier = new() { HiddenLayerSizes = [50, 20], Alpha = 1e-3f, MaxIter = 300, RandomState = 1 };
        classifier.Fit(x, y);

        string[] species = classifier.Predict(x);
        float[] probabilities = classifier.PredictProbabilities(x);
        double accuracy = classifier.Score(x, y);
        classifier.Save("iris.safetensors");
        // end

        File.Delete("iris.safetensors");
        Assert.Equal(450, probabilities.Length);
        Assert.Equal(accuracy, species.Zip(y).Count(pair => pair.First == pair.Second) / 150.0, 12);
        Assert.InRange(accuracy, 0.95, 1);
        InParts(BuiltInDatasets.Digits());
    }

    private static void InParts(Dataset digits)
    {
        Dataset[] parts = [.. Enumerable.Range(0, 17).Select(i => digits.Slice(i * 100, 100))];

        // snippet
        using MlpClassifier classifier = new() { RandomState = 1 };
        foreach (Dataset part in parts)
        {
            classifier.PartialFit(part);
        }

        double accuracy = classifier.Score(digits);
        // end

        Assert.InRange(accuracy, 0.4, 1); // one pass; a guess is right in 0.1
    }

    private static RegressionFigures ErrorsOfParts(IEnumerable<(float[] Answers, float[] Targets)> parts)
    {
        // snippet
        RegressionMetrics errors = new(size: 1);
        foreach ((float[] answers, float[] targets) in parts)
        {
            errors.Add(answers, targets);
        }

        RegressionFigures figures = errors.All;
        // end

        return figures;
    }

    [Fact]
    public void Serving()
    {
        string folder = Directory.CreateTempSubdirectory("fastmlp").FullName;
        try
        {
            float[] x = [0.5f, -1f];
            float[] y = new float[3];
            string path = Path.Combine(folder, "served.safetensors");
            using Network saved = Network.Input(2).Dense(3, Activation.Softmax).Build(seed: 7);
            saved.Save(path);
            Serve(path, x, y);
            Assert.Equal(saved.Predict(x), y);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Serve(string path, float[] x, float[] y)
    {
        // snippet
        using Network network = Network.Load(path);
        using Predictor predictor = network.Freeze();

        predictor.Predict(x, y);
        // end
    }

    [Fact]
    public void ManyKindsOfLayers()
    {
        (Dataset train, Dataset test) = BuiltInDatasets.Digits().Split(0.25, seed: 1, stratified: true);
        Scaler scaler = Scaler.Standard(train);
        train = scaler.Transform(train);
        test = scaler.Transform(test);

        // snippet
        using Network network = Network.Input(64)
            .Dense(64).BatchNorm().Activate(Activation.Relu)
            .Residual(b => b.Dense(64, Activation.Relu).Dropout(0.2f).Dense(64))
            .LayerNorm()
            .Dense(10, Activation.Softmax)
            .Build(seed: 1);

        network.Fit(train, new FitOptions { Epochs = 15, BatchSize = 32, Seed = 1 });

        using Predictor predictor = network.Freeze();
        // end

        Assert.InRange(network.Evaluate(test).Accuracy, 0.95f, 1f);
        Assert.InRange(predictor.Evaluate(test).Accuracy, 0.95f, 1f);
    }

    [Fact]
    public void AnEpochByHand()
    {
        Dataset train = Scaler.Standard(BuiltInDatasets.Iris()).Transform(BuiltInDatasets.Iris());
        using Network network = Network.Input(4).Dense(3, Activation.Softmax).Build(seed: 3);
        float before = network.Evaluate(train, Loss.CrossEntropy).Loss;

        // snippet
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.CrossEntropy, Optimizer = new Sgd(0.1f, momentum: 0.9f) });

        for (int start = 0; start < train.Rows; start += 32)
        {
            Dataset batch = train.Slice(start, Math.Min(32, train.Rows - start));
            float lossBeforeTheStep = trainer.Step(batch.Features, batch.Labels);
        }
        // end

        Assert.InRange(network.Evaluate(train, Loss.CrossEntropy).Loss, 0, before / 1.2f);
    }

    [Fact]
    public void AModelOfAnotherFramework()
    {
        File.WriteAllBytes("torch.safetensors", TestFiles.Floats("", ("0.weight", [1, 1], [2]), ("2.weight", [2, 1], [1, -1])));

        // snippet
        using Network network = Network.Load("torch.safetensors", Activation.Relu, Activation.Softmax);
        // end

        File.Delete("torch.safetensors");
        float[] y = network.Predict([0.5f]);
        Assert.Equal(1 / (1 + MathF.Exp(-2)), y[0], 1e-6f); // relu(2 x 0.5) = 1, softmax(1, -1)
    }

    [Fact]
    public void ThroughOnnx()
    {
        // snippet
        using Network network = Network.Input(4).Dense(8, Activation.Gelu).Dense(3, Activation.Softmax).Build(seed: 1);
        OnnxModel.Save(network, "model.onnx");

        using OnnxImport import = OnnxModel.Import("model.onnx");
        float[] probabilities = import.Network.Predict([5.1f, 3.5f, 1.4f, 0.2f]);
        // end

        File.Delete("model.onnx");
        Assert.Equal(network.Predict([5.1f, 3.5f, 1.4f, 0.2f]), probabilities);
    }

    [Fact]
    public void ColumnsOfACsvFile()
    {
        string path = Path.GetTempFileName();
        try
        {
            string[] towns = ["Ulm", "Bonn", "Celle"];
            File.WriteAllLines(path, ["id,rooms,garden,town,price", .. Enumerable.Range(0, 200).Select(i => FormattableString.Invariant(
                $"h{i},{(i % 11 == 0 ? "" : $"{1 + (i % 5)}")},{(i % 7 == 0 ? "NA" : $"{i % 90}")},{towns[i % 3]},{(50 * (1 + (i % 5))) + (20 * (i % 3)) + 0.5}"))]);

            // snippet
            CsvOptions columns = new()
            {
                Target = "price",
                Missing = Missing.Median,
                MissingIn = new Dictionary<string, Missing> { ["garden"] = Missing.Indicator },
                Ignore = ["id"],
            };
            (RawTable train, RawTable test) = CsvDataset.LoadTable(path, columns).Split(0.25, seed: 1);
            Preprocessing preprocessing = Preprocessing.Fit(train);

            using Network network = Network.Input(preprocessing.Features.Size).Dense(16, Activation.Relu).Dense(1).Build(seed: 1);
            network.Fit(preprocessing.Transform(train), new FitOptions { Epochs = 50 });
            Evaluation evaluation = network.Evaluate(preprocessing.Transform(test));
            preprocessing.Attach(network);
            // end

            Assert.InRange(evaluation.R2, 0.7f, 1f);
            Raw(network, preprocessing);
            Streamed(path, columns);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Raw(Network network, Preprocessing preprocessing)
    {
        float[] features = new float[preprocessing.Features.Size];
        float[] answers = new float[1];
        preprocessing.Columns!.Encode(["3", null, "Bonn"], features);

        // snippet
        using Network folded = preprocessing.Fold(network);
        using Predictor predictor = folded.Freeze();
        predictor.Predict(features, answers);
        // end

        preprocessing.Features.Transform(features);
        float[] scaled = network.Predict(features);
        preprocessing.InverseTargets(scaled);
        Assert.Equal(scaled[0], answers[0], 0.01f);
    }

    private static void Streamed(string path, CsvOptions columns)
    {
        // snippet
        CsvBatches batches = CsvBatches.Open(path, new CsvBatchOptions { Csv = columns, TestFraction = 0.2, ValidationFraction = 0.05 });

        using Network network = Network.Input(batches.Preprocessing.Features.Size).Dense(32, Activation.Relu).Dense(1).Build(seed: 1);
        network.Fit(batches, new FitOptions { Epochs = 2, BatchSize = 256 });
        batches.Preprocessing.Attach(network);
        // end

        Assert.NotNull(Preprocessing.From(network));
    }

    [Fact]
    public void FirstSteps()
    {
        // snippet
        Dataset data = BuiltInDatasets.Iris();
        (Dataset train, Dataset test) = data.Split(0.25, seed: 1, stratified: true);
        Preprocessing preprocessing = Preprocessing.Fit(train);

        using Network network = Network.Input(4)
            .Dense(16, Activation.Relu)
            .Dense(3, Activation.Softmax)
            .Build(seed: 1);
        FitReport report = network.Fit(preprocessing.Transform(train), new FitOptions { Loss = Loss.CrossEntropy, Optimizer = new Adam(1e-2f), Epochs = 60 });
        Evaluation evaluation = network.Evaluate(preprocessing.Transform(test));

        preprocessing.Attach(network);
        network.Save("iris.safetensors");
        // end

        File.Delete("iris.safetensors");
        Assert.InRange(evaluation.Accuracy, 0.9f, 1f);
        Assert.Equal(60, report.Epochs.Count);
    }

    [Fact]
    public void ClassesOfACsvFile()
    {
        Dataset wine = BuiltInDatasets.Wine();
        File.WriteAllLines("wines.csv", ["alcohol,malic_acid,color,flavanoids,class", .. Enumerable.Range(0, wine.Rows).Select(row =>
        {
            ReadOnlySpan<float> own = wine.Features.Slice(row * wine.InputSize, wine.InputSize);
            return FormattableString.Invariant($"{own[0]},{(row % 8 == 0 ? "" : $"{own[1]:R}")},{(own[9] > 5 ? "deep" : "light")},{own[6]},{wine.ClassNames[wine.Labels[row]]}");
        })]);
        File.WriteAllLines("new.csv", ["color,flavanoids,malic_acid,alcohol,price", "deep,3.1,1.7,14.2,9", "unheard of,0.6,,12.8,4"]);

        // snippet
        CsvOptions columns = new() { Target = "class", Missing = Missing.Mean };
        (RawTable train, RawTable test) = CsvDataset.LoadTable("wines.csv", columns).Split(0.25, seed: 1, stratified: true);
        Preprocessing preprocessing = Preprocessing.Fit(train);

        using Network network = Network.Input(preprocessing.Features.Size)
            .Dense(32, Activation.Relu)
            .Dense(train.TargetSize, Activation.Softmax)
            .Build(seed: 1);
        network.Fit(preprocessing.Transform(train), new FitOptions { Loss = Loss.CrossEntropy, Optimizer = new Adam(1e-2f), Epochs = 60 });

        ClassificationMetrics metrics = ClassificationMetrics.Of(network, preprocessing.Transform(test));
        double area = metrics.RocAuc;
        preprocessing.Attach(network);
        network.Save("wines.safetensors");
        // end

        Assert.InRange(area, 0.95, 1);
        RawRowsOfACsvFile();
        File.Delete("wines.csv");
        File.Delete("new.csv");
        File.Delete("wines.safetensors");
    }

    private static void RawRowsOfACsvFile()
    {
        // snippet
        using Network network = Network.Load("wines.safetensors");
        Preprocessing preprocessing = Preprocessing.From(network)!;

        float[] features = CsvDataset.LoadFeatures("new.csv", preprocessing).Features.ToArray();
        preprocessing.Features.Transform(features);
        float[] probabilities = network.Predict(features);
        // end

        Assert.Equal(2 * preprocessing.ClassNames.Count, probabilities.Length);
        Assert.InRange(probabilities[0], 0.8f, 1f);
    }

    [Fact]
    public void Values()
    {
        // snippet
        (Dataset train, Dataset test) = BuiltInDatasets.Diabetes().Split(0.25, seed: 1);
        Preprocessing preprocessing = Preprocessing.Fit(train);

        using Network network = Network.Input(train.InputSize)
            .Dense(64, Activation.Relu)
            .Dense(1)
            .Build(seed: 1);
        network.Fit(preprocessing.Transform(train), new FitOptions { Loss = Loss.Quadratic, Optimizer = new Adam(2e-3f, weightDecay: 0.1f), Epochs = 100 });

        float[] features = test.Features.ToArray();
        preprocessing.Features.Transform(features);
        float[] answers = network.Predict(features);
        preprocessing.InverseTargets(answers);
        // end

        float worst = test.Targets.ToArray().Zip(answers, (target, answer) => MathF.Abs(target - answer)).Average();
        Assert.InRange(worst, 20, 55); // the unit of the data, whose deviation is 77
    }

    [Fact]
    public void ImagesOfAFolder()
    {
        Directory.CreateDirectory("mnist");
        try
        {
            foreach ((string part, int rows) in new[] { ("train", 256), ("t10k", 40) })
            {
                byte[] images = [0, 0, 8, 3, 0, 0, (byte)(rows >> 8), (byte)rows, 0, 0, 0, 28, 0, 0, 0, 28, .. new byte[784 * rows]];
                byte[] labels = [0, 0, 8, 1, 0, 0, (byte)(rows >> 8), (byte)rows, .. Enumerable.Range(0, rows).Select(i => (byte)(i % 10))];
                for (int i = 0; i < rows; i++)
                {
                    images.AsSpan(16 + (784 * i) + (56 * (i % 10)), 56).Fill((byte)(150 + (i % 100)));
                }

                File.WriteAllBytes($"mnist/{part}-images-idx3-ubyte", images);
                File.WriteAllBytes($"mnist/{part}-labels-idx1-ubyte", labels);
            }

            // snippet
            (Dataset train, Dataset? test) = IdxDataset.LoadFolder("mnist");
            Scaler pixels = Scaler.Pixels(train.InputSize);

            using Network network = Network.Input(train.InputSize)
                .Dense(128, Activation.Relu)
                .Dense(10, Activation.Softmax)
                .Build(seed: 1);
            FitOptions options = new()
            {
                Loss = Loss.CrossEntropy,
                Optimizer = new Adam(1e-3f),
                Epochs = 5,
                BatchSize = 128,
                Schedule = Schedule.OneCycle(),
            };
            network.Fit(pixels.Transform(train), options);
            float accuracy = network.Evaluate(pixels.Transform(test!)).Accuracy;
            // end

            Assert.InRange(accuracy, 0.5f, 1f);
        }
        finally
        {
            Directory.Delete("mnist", recursive: true);
        }
    }

    [Fact]
    public void RequestsOfAService()
    {
        File.WriteAllLines("houses.csv", ["rooms,garden,town,price", .. Enumerable.Range(0, 120).Select(i => $"{1 + (i % 5)},{(i % 7 == 0 ? "" : $"{i % 90}")},{(i % 2 == 0 ? "Bonn" : "Ulm")},{(50 * (1 + (i % 5))) + i}.5")]);
        RawTable houses = CsvDataset.LoadTable("houses.csv", new CsvOptions { Missing = Missing.Mean });
        Preprocessing fitted = Preprocessing.Fit(houses);
        using Network trained = Network.Input(fitted.Features.Size).Dense(8, Activation.Relu).Dense(1).Build(seed: 1);
        trained.Fit(fitted.Transform(houses), new FitOptions { Epochs = 40 });
        fitted.Attach(trained);
        trained.Save("houses.safetensors");

        // snippet
        using Network network = Network.Load("houses.safetensors");
        Preprocessing preprocessing = Preprocessing.From(network)!;
        using Network folded = preprocessing.Fold(network);
        using Predictor predictor = folded.Freeze();
        // end

        // snippet
        float[] features = new float[predictor.InputSize];
        float[] answer = new float[predictor.OutputSize];
        preprocessing.Columns!.Encode(["3", null, "Bonn"], features);
        predictor.Predict(features, answer);
        // end

        File.Delete("houses.csv");
        File.Delete("houses.safetensors");
        Assert.InRange(answer[0], 100, 320);
    }

    [Fact]
    public void ALoopOfYourOwn()
    {
        (Dataset train, Dataset validation) = Scaler.Standard(BuiltInDatasets.Iris()).Transform(BuiltInDatasets.Iris()).Split(0.2, seed: 1, stratified: true);
        using Network network = Network.Input(4).Dense(16, Activation.Relu).Dense(3, Activation.Softmax).Build(seed: 3);

        // snippet
        using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.CrossEntropy, Optimizer = new AdamW(1e-2f) });
        Random random = new(1);
        int[] order = [.. Enumerable.Range(0, train.Rows)];

        for (int epoch = 1; epoch <= 20; epoch++)
        {
            random.Shuffle(order);
            double sum = 0;
            for (int start = 0; start < order.Length; start += 32)
            {
                ReadOnlySpan<int> rows = order.AsSpan(start, Math.Min(32, order.Length - start));
                sum += rows.Length * trainer.Step(train, rows);
            }

            float validationLoss = network.Evaluate(validation, Loss.CrossEntropy).Loss;
            trainer.LearningRate *= 0.95f;
        }
        // end

        Assert.InRange(network.Evaluate(validation, Loss.CrossEntropy).Loss, 0, 0.5f);

        // snippet
        float loss = trainer.ComputeGradients(train.Features, train.Labels);
        float[] gradient = new float[16 * 4];
        trainer.Gradients["layers.0.weight"].CopyTo(gradient);
        trainer.ApplyGradients();
        // end

        Assert.Contains(gradient, value => value != 0);
        Assert.InRange(loss, 0, 0.5f);
    }

    [Fact]
    public void TheLoop()
    {
        Dataset data = Scaler.Standard(BuiltInDatasets.Iris()).Transform(BuiltInDatasets.Iris());
        using Network network = Network.Input(4).Dense(8, Activation.Relu).Dense(3, Activation.Softmax).Build(seed: 1);
        Assert.InRange(Looped(network, data).Epochs.Count, 10, 200);

        FitReport stopped = network.Fit(data, new FitOptions { Epochs = 500, Callbacks = [new StopAtLoss(1)] });
        Assert.Equal((StopReason.Stopped, 1), (stopped.StopReason, stopped.Epochs.Count));
        CrossValidated(BuiltInDatasets.Iris());
        Arriving(data);
        Checkpointed(data);
        Checked(network, data.Features[..40], data.Labels[..10]);
    }

    private static FitReport Looped(Network network, Dataset train)
    {
        // snippet
        FitReport report = network.Fit(train, new FitOptions
        {
            Optimizer = new Adam(2e-3f),
            Epochs = 200,
            ValidationFraction = 0.1,
            EarlyStoppingPatience = 10,
            MaxDuration = TimeSpan.FromMinutes(5),
            Seed = 1,
        });
        // end

        return report;
    }

    // snippet
    internal sealed class StopAtLoss(float enough) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingProgress progress, in EpochReport report)
        {
            if (report.TrainLoss < enough)
            {
                progress.Stop();
            }
        }
    }
    // end

    private static void CrossValidated(Dataset data)
    {
        using Network network = Network.Input(4).Dense(8, Activation.Relu).Dense(3, Activation.Softmax).Build(seed: 1);

        // snippet
        CrossValidationReport report = CrossValidation.Run(network, data, new FitOptions { Optimizer = new Adam(0.01f), Epochs = 30 }, folds: 5, prepare: (train, heldOut) =>
        {
            Scaler scaler = Scaler.Standard(train);
            return (scaler.Transform(train), scaler.Transform(heldOut));
        });
        double accuracy = report.Mean.Accuracy;
        double spread = report.StandardDeviation.Accuracy;
        // end

        Assert.InRange(accuracy, 0.7, 1);
        Assert.InRange(spread, 0, 0.2);
    }

    private static void Arriving(Dataset data)
    {
        using Network network = Network.Input(4).Dense(8, Activation.Relu).Dense(3, Activation.Softmax).Build(seed: 1);
        Dataset[] arrivals = [data.Slice(0, 40), data.Slice(40, 110)];
        float[] row = [0.1f, 0.2f, 0.3f, 0.4f];
        int[] label = [2];

        // snippet
        using Trainer trainer = new(network, new TrainerOptions { Optimizer = new Adam(1e-3f) });
        foreach (Dataset rows in arrivals)
        {
            float loss = trainer.PartialFit(rows, batchSize: 16);
        }

        trainer.Step(row, label);
        trainer.Save("checkpoints");
        // end

        Assert.Equal(11, trainer.StepCount);
        Directory.Delete("checkpoints", recursive: true);
    }

    private static void Checkpointed(Dataset train)
    {
        using Network network = Network.Input(4).Dense(8, Activation.Relu).Dense(3, Activation.Softmax).Build(seed: 1);

        // snippet
        FitOptions options = new()
        {
            Epochs = 50,
            Checkpoint = new CheckpointOptions("run-7") { EveryEpochs = 5, Every = TimeSpan.FromMinutes(10), Keep = 3 },
            Resume = "run-7",
        };
        FitReport report = network.Fit(train, options);
        // end

        Assert.Null(report.Resumed);
        Assert.Equal(51, network.Fit(train, options).Resumed!.Epoch);
        Directory.Delete("run-7", recursive: true);
    }

    private static void Checked(Network network, ReadOnlySpan<float> x, ReadOnlySpan<int> labels)
    {
        // snippet
        GradientCheckReport check = GradientCheck.Run(network, Loss.CrossEntropy, x, labels);
        Console.WriteLine($"{check.LargestError:g2} at {check.Tensor} {check.Index}: {check.IsRight}");
        // end

        Assert.True(check.IsRight, check.ToString());
    }
}
