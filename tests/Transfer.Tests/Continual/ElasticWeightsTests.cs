using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>The diagonal of the Fisher information of a linear map through softmax is known in closed form, and so is the pull.</summary>
public sealed class ElasticWeightsTests : IDisposable
{
    private static readonly float[][] First = [[2, 0.1f], [-2, -0.1f], [1.5f, 0], [-1.5f, 0.2f]], Second = [[0.1f, 2], [0, -2], [-0.1f, 1.5f], [0.2f, -1.5f]];
    private static readonly int[] Labels = [0, 1, 0, 1];

    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Importance_is_the_mean_of_squared_slopes_and_the_pull_its_product_with_the_distance()
    {
        using var model = new LinearModel();
        var task = new Examples(model, First);
        using var held = ElasticWeights.Measure(model, task, device, lambda: 3, examples: 3);
        var weight = model.Parameters().First();
        float[] numbers = weight.Value.ToArray(), bias = model.Parameters().Last().Value.ToArray(), importance = held.ImportanceOf(weight)!;
        var expected = new double[4];
        for (int example = 0; example < 3; example++)
        {
            double[] scores = [.. Enumerable.Range(0, 2).Select(row => Math.Exp(numbers[2 * row] * First[example][0] + numbers[2 * row + 1] * First[example][1] + bias[row]))];
            for (int i = 0; i < 4; i++)
                expected[i] += Math.Pow((scores[i / 2] / scores.Sum() - (i / 2 == Labels[example] ? 1 : 0)) * First[example][i % 2], 2) / 3;
        }
        for (int i = 0; i < 4; i++) Assert.Equal(expected[i], importance[i], 1e-6 * (1 + expected[i]));
        Assert.Equal(0, held.Penalty);

        // away from the start the step is that of the loss and of the penalty
        float[] moved = [.. numbers.Select(static (value, i) => value + 0.1f * (i + 1))];
        weight.Fill(values => moved.CopyTo(values));
        Assert.Equal(1.5 * importance.Select(static (by, i) => by * Math.Pow(0.1 * (i + 1), 2)).Sum(), held.Penalty, 1e-5);
        float[] plain = Stepped([]), pulled = Stepped([held]);
        for (int i = 0; i < 4; i++) Assert.Equal(plain[i] - 0.01 * 3 * importance[i] * 0.1 * (i + 1), pulled[i], 1e-6);

        float[] Stepped(TrainingObserver[] observers)
        {
            weight.Fill(values => moved.CopyTo(values));
            model.Parameters().Last().Fill(values => bias.CopyTo(values));
            var groups = new ParameterGroups(model);
            groups.Rates(0.01, 1);
            using var optimiser = Optimiser.Sgd(groups, momentum: 0);
            new Trainer(optimiser, device) { Observers = observers }.Fit(new Examples(model, [First[0]]), epochs: 1);
            return weight.Value.ToArray();
        }
    }

    [Fact]
    public void A_second_task_is_learnt_and_the_first_one_less_forgotten()
    {
        var (plainFirst, plainSecond) = Learnt(0);
        var (heldFirst, heldSecond) = Learnt(40);
        Assert.True(heldFirst < 0.7 * plainFirst, $"the first task's loss is {heldFirst} with the pull and {plainFirst} without");
        Assert.True(heldSecond < 0.4, $"the second task's loss is {heldSecond} with the pull and {plainSecond} without");

        (double First, double Second) Learnt(double lambda)
        {
            using var model = new LinearModel();
            Fit(model, new Examples(model, First), []);
            using var held = ElasticWeights.Measure(model, new Examples(model, First), device, lambda);
            Fit(model, new Examples(model, [.. Second.Select(static row => new[] { row[0] - row[1] * 0.4f, row[1] })]), [held]);
            return (LossOf(model, First), LossOf(model, [.. Second.Select(static row => new[] { row[0] - row[1] * 0.4f, row[1] })]));
        }
    }

    [Fact]
    public void Impossible_settings_are_refused()
    {
        using var model = new LinearModel();
        Assert.Throws<ArgumentOutOfRangeException>(() => ElasticWeights.Measure(model, new Examples(model, First), device, lambda: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ElasticWeights.Measure(model, new Examples(model, First), device, lambda: 1, examples: 0));
        Assert.Throws<ArgumentException>(() => ElasticWeights.Measure(model, new Examples(model, []), device, lambda: 1));
        using var held = ElasticWeights.Measure(model, new Examples(model, First), device, lambda: 1);
        using var other = new LinearModel();
        Assert.Null(held.ImportanceOf(other.Parameters().First()));
    }

    private void Fit(LinearModel model, ITrainingSet task, TrainingObserver[] observers)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(0.1, 1);
        using var optimiser = Optimiser.Sgd(groups, momentum: 0);
        new Trainer(optimiser, device) { Observers = observers }.Fit(task, epochs: 60);
    }

    private double LossOf(LinearModel model, float[][] rows)
    {
        using var pass = Pass.Infer(device);
        return new Examples(model, rows).Epoch(0, default).Average(batch => batch.Loss(pass).Value.ToArray()[0]);
    }

    /// <summary>A batch an example.</summary>
    private sealed class Examples(LinearModel model, float[][] rows) : ITrainingSet
    {
        public int BatchesPerEpoch => Math.Max(1, rows.Length);

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => rows.Select((row, number) => new One(model, row, Labels[number]));
    }

    private sealed class One(LinearModel model, float[] row, int label) : ITrainingBatch
    {
        public int Count => 1;

        public Variable Loss(Pass pass) => model.Forward(pass.Constant(pass.Upload<float>([1, 2], row))).CrossEntropy([label]);
    }
}
