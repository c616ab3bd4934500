using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

public sealed class JoinedTasksTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_step_is_the_weighted_sum_of_a_batch_of_each_task()
    {
        var joined = new JoinedTasks((new Numbers(1, 2, 3), 1), (new Numbers(10, 20), 0.5), (new Numbers(100, 200, 300, 400), 2));
        Assert.Equal(3, joined.BatchesPerEpoch);
        // the second begins again, and of the third the rest comes in the next epoch
        Assert.Equal([1 + 5 + 200, 2 + 10 + 400, 3 + 5 + 600], Losses(joined.Epoch(0, default)));
        Assert.Equal([1 + 10 + 800, 2 + 5 + 200, 3 + 10 + 400], Losses(joined.Epoch(1, default)));
        for (int epoch = 0; epoch < 3; epoch++)
            for (int done = 0; done < 3; done++)
                Assert.Equal(Losses(joined.Epoch(epoch, default))[done..], Losses(joined.EpochFrom(epoch, done, default)));
    }

    [Fact]
    public void Weights_and_tasks_that_mean_nothing_are_refused()
    {
        Assert.Throws<ArgumentException>(static () => new JoinedTasks((new Numbers(1), 1)));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new JoinedTasks((new Numbers(1), 1), (new Numbers(2), -1)));
        var heads = new TaskHeads(3) { { "birds", 2 } };
        Assert.Throws<ArgumentException>(() => heads.Add("birds", 3));
        using var pass = Pass.Infer(device);
        var rows = pass.Constant(pass.Upload<float>([1, 3], [1, 2, 3]));
        Assert.Contains("nearest: ", Assert.Throws<ArgumentException>(() => heads.Forward("bird", rows)).Message, StringComparison.Ordinal);
        Assert.Equal(["birds"], heads.Tasks);
        Assert.Equal(["birds.weight", "birds.bias"], heads.Parameters().Select(static parameter => parameter.Name));
    }

    /// <summary>Two heads over one trunk, whose tasks ask for signs of the two numbers.</summary>
    [Fact]
    public void Two_heads_learn_over_one_trunk()
    {
        using var trunk = new Trunk();
        var heads = new TaskHeads(4) { { "first", 2 }, { "second", 2 } };
        var groups = new ParameterGroups([.. new ParameterGroups(trunk), new ParameterGroup("heads", heads)]);
        groups.Rates([.. groups.Select(static _ => 0.1)]);
        using var optimiser = Optimiser.Sgd(groups);
        var joined = new JoinedTasks((new Signs(trunk, heads, "first", 0), 1), (new Signs(trunk, heads, "second", 1), 1));
        new Trainer(optimiser, device).Fit(joined, epochs: 40);
        using var pass = Pass.Infer(device);
        foreach (var (task, place) in new[] { ("first", 0), ("second", 1) })
        {
            float[] logits = heads.Forward(task, Signs.Features(trunk, pass)).Value.ToArray();
            for (int row = 0; row < 4; row++) Assert.Equal(Signs.Points[2 * row + place] > 0, logits[2 * row + 1] > logits[2 * row]);
        }
    }

    [Fact]
    public void What_was_learnt_and_forgotten_is_counted()
    {
        var matrix = new TaskMatrix([[0.9, 0.1, 0.2], [0.95, 0.8, 0.2], [0.6, 0.7, 0.85]]);
        Assert.Equal((0.6 + 0.7 + 0.85) / 3, matrix.Average, 1e-12);
        Assert.Equal(((0.6 - 0.9) + (0.7 - 0.8)) / 2, matrix.BackwardTransfer, 1e-12);
        Assert.Equal(((0.95 - 0.6) + (0.8 - 0.7)) / 2, matrix.Forgetting, 1e-12);
        Assert.Equal(0, new TaskMatrix([[0.5]]).Forgetting);
        Assert.Throws<ArgumentException>(static () => new TaskMatrix([[0.5], [0.5, 0.6]]));
        Assert.Throws<ArgumentException>(static () => new TaskMatrix([]));
    }

    [Fact]
    public void Answers_that_are_kept_cost_what_distillation_costs_and_nothing_at_first()
    {
        using var model = new SmallModel();
        using var before = new KeptAnswers(model) { Strength = 3 };
        model.Freeze();
        float[] numbers = [.. Enumerable.Range(0, 96).Select(static i => (float)Math.Sin(i))];
        using (var pass = Pass.Train(device))
        {
            var pictures = pass.Constant(pass.Upload<float>([2, 3, 4, 4], numbers));
            Assert.Equal(0, before.Loss(pictures, model.Forward(pictures)).Value.ToArray()[0], 1e-6);
            var other = pass.Leaf(pass.Upload<float>([2, 2], [1, -1, 0.5f, 2]));
            var loss = before.Loss(pictures, other);
            Assert.Equal(3 * Distillation.Loss(other, model.Forward(pictures), 2).Value.ToArray()[0], loss.Value.ToArray()[0], 1e-5);
            using var gradients = pass.Backward(loss);
            Assert.Contains(gradients.Of(other)!.ToArray(), static slope => slope != 0);
            pass.DiscardDeferred();
        }

        var heads = new TaskHeads(4) { { "old", 3 } };
        using var beside = new KeptAnswers(model, heads, "old");
        using (var pass = Pass.Train(device))
        {
            var pictures = pass.Constant(pass.Upload<float>([2, 3, 4, 4], numbers));
            Assert.Equal(0, beside.Loss(pictures, heads.Forward("old", model.Features(pictures))).Value.ToArray()[0], 1e-6);
            heads.Parameters().First().Fill(static values => values.Clear());
            Assert.True(beside.Loss(pictures, heads.Forward("old", model.Features(pictures))).Value.ToArray()[0] > 1e-6);
            pass.DiscardDeferred();
        }
        Assert.Throws<ArgumentException>(() => new KeptAnswers(model, heads, "new"));
    }

    private float[] Losses(IEnumerable<ITrainingBatch> batches) => [.. batches.Select(batch =>
    {
        using var pass = Pass.Infer(device);
        return batch.Loss(pass).Value.ToArray()[0];
    })];

    /// <summary>A batch for each number, whose loss it is.</summary>
    private sealed class Numbers(params float[] losses) : ITrainingSet
    {
        public int BatchesPerEpoch => losses.Length;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => losses.Select(static loss => new Number(loss));
    }

    private sealed class Number(float loss) : ITrainingBatch
    {
        public int Count => 1;

        public Variable Loss(Pass pass) => pass.Constant(pass.Upload<float>([], [loss]));
    }

    /// <summary>[N, 2] to four features.</summary>
    private sealed class Trunk : ImageModel
    {
        public Trunk() : base("trunk")
        {
            Linear below = new(2, 4);
            Add("below", below);
            AddStage("stem", x => below.Forward(x, Activation.Relu), below);
            AddStage("head", Add("fc", new Linear(4, 2)));
        }
    }

    private sealed class Signs(Trunk trunk, TaskHeads heads, string task, int place) : ITrainingSet
    {
        public static readonly float[] Points = [1, 2, -1, 1.5f, -2, -1, 1.5f, -2];

        public int BatchesPerEpoch => 1;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => [new Batch(this)];

        public static Variable Features(Trunk trunk, Pass pass) => trunk.Features(pass.Constant(pass.Upload<float>([4, 2], Points)));

        private sealed class Batch(Signs set) : ITrainingBatch
        {
            public int Count => 4;

            public Variable Loss(Pass pass) =>
                set.Heads.Forward(set.Task, Features(set.Trunk, pass)).CrossEntropy([.. Enumerable.Range(0, 4).Select(row => Points[2 * row + set.Place] > 0 ? 1 : 0)]);
        }

        private TaskHeads Heads => heads;

        private Trunk Trunk => trunk;

        private string Task => task;

        private int Place => place;
    }
}
