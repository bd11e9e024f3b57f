// A training loop of one's own: digits, a fresh noise on the pixels of every batch, and the best weights kept.
// dotnet run -c Release --project examples/TrainingLoop
using FastMlp;
using FastMlp.Data;

const int Epochs = 15;
const int BatchSize = 32;
const float Noise = 0.3f;

(Dataset rest, Dataset test) = BuiltInDatasets.Digits().Split(0.25, seed: 1, stratified: true);
(Dataset train, Dataset validation) = rest.Split(0.1, seed: 1, stratified: true);
Preprocessing preprocessing = Preprocessing.Fit(train);
train = preprocessing.Transform(train);
validation = preprocessing.Transform(validation);

using Network network = Network.Input(train.InputSize)
    .Dense(64, Activation.Relu)
    .Dense(10, Activation.Softmax)
    .Build(seed: 1);
using Trainer trainer = new(network, new TrainerOptions { Loss = Loss.CrossEntropy, Optimizer = new AdamW(3e-3f) });

Random random = new(1);
int[] order = [.. Enumerable.Range(0, train.Rows)];
float[] x = new float[BatchSize * train.InputSize];
int[] labels = new int[BatchSize];
Network best = network.Clone();
float bestLoss = float.PositiveInfinity;

for (int epoch = 1; epoch <= Epochs; epoch++)
{
    random.Shuffle(order);
    double sum = 0;
    for (int start = 0; start < order.Length; start += BatchSize)
    {
        int rows = Math.Min(BatchSize, order.Length - start);
        for (int i = 0; i < rows; i++)
        {
            int row = order[start + i];
            labels[i] = train.Labels[row];
            for (int k = 0; k < train.InputSize; k++)
            {
                float noise = Noise * ((2 * random.NextSingle()) - 1);
                x[(i * train.InputSize) + k] = train.Features[(row * train.InputSize) + k] + noise;
            }
        }

        sum += rows * trainer.Step(x.AsSpan(0, rows * train.InputSize), labels.AsSpan(0, rows));
    }

    Evaluation watched = network.Evaluate(validation, Loss.CrossEntropy);
    Console.WriteLine($"epoch {epoch,2}  train loss {sum / train.Rows:0.0000}  validation loss {watched.Loss:0.0000}, accuracy {watched.Accuracy:0.0000}");
    if (watched.Loss < bestLoss)
    {
        bestLoss = watched.Loss;
        best.Dispose();
        best = network.Clone();
    }

    trainer.LearningRate *= 0.9f;
}

using (best)
{
    Console.WriteLine($"test accuracy: {best.Evaluate(preprocessing.Transform(test)).Accuracy:0.0000}");
}
