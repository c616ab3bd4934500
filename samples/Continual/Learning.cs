using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Samples.Continual;

/// <summary>Tasks that are learnt one after the other by one network, in one of several ways.</summary>
internal sealed class Learning(string data, int tasks, int epochs, Device device)
{
    /// <summary>Nothing against forgetting, each of the ways, and all tasks at once, with which nothing is forgotten.</summary>
    public static readonly string[] Ways = ["nothing", "l2-sp", "ewc", "lwf", "replay", "together"];

    private const double Pull = 0.03, Elastic = 100;
    private const int Remembered = 200, Measured = 500;

    private readonly (float[][] Images, int[] Labels)[] train = [.. Enumerable.Range(0, tasks).Select(task => PermutedDigits.Read(Path.Combine(data, "mnist-train-9000.npz"), task))];
    private readonly (float[][] Images, int[] Labels)[] test = [.. Enumerable.Range(0, tasks).Select(task => PermutedDigits.Read(Path.Combine(data, "mnist-test-3000.npz"), task))];

    /// <summary>How well each task is done after each of them.</summary>
    public TaskMatrix Run(string way, ulong seed)
    {
        using var model = new Perceptron(seed);
        var (held, copies) = (new List<ElasticWeights>(), new List<KeptAnswers>());
        var rows = new List<double[]>();
        for (int task = 0; task < tasks; task++)
        {
            if (way != "together") Fit(model, Task(model, way, task, copies, seed), way, task, held, seed, epochs);
            else if (task == tasks - 1) Fit(model, new JoinedTasks([.. Enumerable.Range(0, tasks).Select(one => ((ITrainingSet)Plain(model, one, seed), 1.0))]), way, task, held, seed, epochs);
            rows.Add([.. test.Select(digits => PermutedDigits.Accuracy(model, digits, device))]);
            if (way == "ewc" && task < tasks - 1) held.Add(ElasticWeights.Measure(model, new OneByOne(model, train[task], seed), device, Elastic, Measured));
        }
        held.ForEach(static one => one.Dispose());
        copies.ForEach(static one => one.Dispose());
        return new TaskMatrix(rows);
    }

    private PermutedDigits Plain(Perceptron model, int task, ulong seed) => new(model, train[task].Images, train[task].Labels, seed);

    private ITrainingSet Task(Perceptron model, string way, int task, List<KeptAnswers> copies, ulong seed)
    {
        if (task == 0) return Plain(model, task, seed);
        switch (way)
        {
            case "replay":
                var before = Enumerable.Range(0, task).SelectMany(one => Drawn(one, seed)).ToList();
                return new JoinedTasks((Plain(model, task, seed), 1), (new PermutedDigits(model, [.. before.Select(static one => one.Image)], [.. before.Select(static one => one.Label)], seed), 1));
            case "lwf":
                copies.Add(new KeptAnswers(model));
                return new PermutedDigits(model, train[task].Images, train[task].Labels, seed) { Beside = copies[^1].Loss };
            default:
                return Plain(model, task, seed);
        }
    }

    private IEnumerable<(float[] Image, int Label)> Drawn(int task, ulong seed) =>
        new RandomStream(seed, "remembered").Permutation(train[task].Labels.Length, (ulong)task).Take(Remembered).Select(row => (train[task].Images[row], train[task].Labels[row]));

    private void Fit(Perceptron model, ITrainingSet data, string way, int task, List<ElasticWeights> held, ulong seed, int times)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(1e-3, 1);
        using var optimiser = Optimiser.Adam(groups);
        using var pull = way == "l2-sp" && task > 0 ? new StartPenalty(Pull, beta: 0) : null;
        new Trainer(optimiser, device) { Seed = seed + (ulong)task, Observers = [.. held, .. new[] { pull }.OfType<TrainingObserver>()] }.Fit(data, times);
    }

    /// <summary>A batch an example, by which weights are measured.</summary>
    private sealed class OneByOne(Perceptron model, (float[][] Images, int[] Labels) digits, ulong seed) : ITrainingSet
    {
        public int BatchesPerEpoch => digits.Labels.Length;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => new RandomStream(seed, "measured").Permutation(digits.Labels.Length)
            .SelectMany(row => new PermutedDigits(model, [digits.Images[row]], [digits.Labels[row]], seed).Epoch(0, cancellation));
    }
}
