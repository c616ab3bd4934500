using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Transfer.Tests;

public sealed class TrainerTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    /// <summary>fastai's <c>fine_tune</c> written out as a loop that knows no trainer.</summary>
    [Theory]
    [InlineData("sgd", 1, null)]
    [InlineData("adamw", 2, 0.5)]
    [InlineData("sgd", 0, 0.5)]
    public void The_recipe_is_the_plain_loop_bit_by_bit(string optimiser, int frozenEpochs, double? clipNorm)
    {
        SmallModel model = new(), plain = new();
        var options = new FineTuneOptions
        {
            Epochs = 3,
            FrozenEpochs = frozenEpochs,
            Optimiser = OptimiserKind.Named(optimiser),
            LearningRate = 0.05,
            WeightDecay = 0.01,
            ClipNorm = clipNorm,
            Seed = 5,
        };
        new FineTuner(model, device, options).FineTune(new Noise(model, device));

        var groups = new ParameterGroups(plain);
        using var mover = optimiser == "sgd"
            ? Optimiser.Sgd(groups, 0.9, 0.01, clipNorm)
            : Optimiser.AdamW(groups, weightDecay: 0.01, clipNorm: clipNorm);
        var data = new Noise(plain, device);
        ulong step = 5;
        void Cycle(int epochs, string from, double rate, OneCycle cycle)
        {
            groups.Rates(rate, 2);
            groups.FreezeBelow(from);
            int at = 0;
            for (int epoch = 0; epoch < epochs; epoch++)
            {
                foreach (var batch in data.Epoch(0, default))
                {
                    using var pass = Pass.Train(device, step++);
                    mover.Step(pass.Backward(batch.Loss(pass)), cycle.FactorAtStep(at++));
                }
            }
        }

        if (frozenEpochs > 0) Cycle(frozenEpochs, "head", 0.05, new OneCycle(3 * frozenEpochs, 0.99));
        Cycle(3, "stem", frozenEpochs > 0 ? 0.025 : 0.05, new OneCycle(9, StartDivisor: frozenEpochs > 0 ? 5 : 25));
        foreach (var (expected, actual) in plain.Parameters().Concat(plain.Buffers()).Zip(model.Parameters().Concat(model.Buffers())))
            Check.SameBits(actual.Name, expected.Value.ToArray(), actual.Value.ToArray());
    }

    [Fact]
    public void Observers_are_called_in_order_and_see_where_the_training_stands()
    {
        var model = new SmallModel();
        var log = new Log();
        var (trainer, optimiser) = Make(model, log);
        using (optimiser)
        {
            var report = trainer.Fit(new Noise(model, device, batches: 2), 2, Schedule.Linear(), _ => new Evaluation(4, 3, 0.5));
            Assert.Equal(4, report.Steps);
            Assert.Equal(report.Epochs[^1], log.Last);
            Assert.Equal([0, 0.25, 0.5, 0.75], log.Positions);
            Assert.Equal([0.1, 0.075, 0.05, 0.025], log.Rates, (expected, actual) => Math.Abs(expected - actual) < 1e-12);
            string epoch = "epoch step gradients done step gradients done epoch-done ";
            Assert.Equal($"fit {epoch}{epoch}ended", string.Join(' ', log.Calls));
            // a second fit goes on from the first
            Assert.Equal(6, trainer.Fit(new Noise(model, device, batches: 2), 1).Epochs.Sum(each => each.Steps));
            Assert.Equal(3, log.Last!.Epoch);
        }
    }

    [Fact]
    public void A_step_that_an_observer_leaves_out_moves_weights_no_way_and_statistics_as_ever()
    {
        var model = new SmallModel();
        float[][] before = [.. model.Parameters().Select(parameter => parameter.Value.ToArray())];
        float[] mean = model.Buffers().First().Value.ToArray();
        var (trainer, optimiser) = Make(model, new Log { AtGradients = context => context.SkipStep() });
        using (optimiser) Assert.Equal(3, trainer.Fit(new Noise(model, device), 1).Steps);
        Assert.Equal(before, model.Parameters().Select(parameter => parameter.Value.ToArray()));
        Assert.NotEqual(mean, model.Buffers().First().Value.ToArray());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    public void An_observer_stops_a_fit_after_its_step_or_epoch(int step, int steps)
    {
        var model = new SmallModel();
        var (trainer, optimiser) = Make(model, new Log { AfterStep = context => { if (context.Step == step) context.Stop(); } });
        using (optimiser)
        {
            var report = trainer.Fit(new Noise(model, device), 4, validate: _ => new Evaluation(1, 1, 0));
            Assert.Equal(steps, report.Steps);
            Assert.True(report.StoppedEarly);
            Assert.False(report.Interrupted);
            Assert.Equal(step < 3, Assert.Single(report.Epochs).Interrupted);
            Assert.Equal(step == 3, report.Epochs[0].Validation is not null);
        }
    }

    [Fact]
    public void An_observer_sees_a_failed_fit_end_and_gradients_in_their_place_alone()
    {
        var model = new SmallModel();
        var log = new Log { AfterStep = context => Assert.Throws<InvalidOperationException>(() => context.Gradients) };
        var data = new Noise(model, device) { Before = step => { if (step == 1) model.Parameters().Last().Value.CopyFrom([float.NaN, 0f]); } };
        var (trainer, optimiser) = Make(model, log);
        using (optimiser) Assert.Throws<NonFiniteException>(() => trainer.Fit(data, 1));
        Assert.Equal("fit epoch step gradients done step failed", string.Join(' ', log.Calls));
        // and the model is free again
        model.BeginTraining().Dispose();
    }

    [Fact]
    public void Several_models_are_trained_as_one_and_are_the_trainers_alone()
    {
        SmallModel encoder = new() { Seed = 1 }, other = new() { Seed = 2 };
        var groups = new ParameterGroups([.. new ParameterGroups(encoder), new ParameterGroup("other", other) { Rate = 0.2 }]);
        groups["stem"].Rate = groups["middle"].Rate = groups["head"].Rate = 0.1;
        Assert.Equal([encoder, other], groups.Models);
        float[] before = other.Parameters().First().Value.ToArray(), stem = encoder.Parameters().First().Value.ToArray();
        groups.FreezeBelow("middle");
        using var optimiser = Optimiser.Sgd(groups);
        var trainer = new Trainer(optimiser, device);
        var data = new Pair(encoder, other, device)
        {
            Before = () => Assert.Throws<InvalidOperationException>(() => other.BeginTraining()),
        };
        trainer.Fit(data, 1);
        Assert.NotEqual(before, other.Parameters().First().Value.ToArray());
        Assert.Equal(stem, encoder.Parameters().First().Value.ToArray());
    }

    private (Trainer Trainer, Optimiser Optimiser) Make(SmallModel model, params TrainingObserver[] observers)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        var optimiser = Optimiser.Sgd(groups);
        return (new Trainer(optimiser, device) { Observers = observers }, optimiser);
    }

    private sealed class Log : TrainingObserver
    {
        public List<string> Calls { get; } = [];

        public List<double> Positions { get; } = [];

        public List<double> Rates { get; } = [];

        public EpochReport? Last { get; private set; }

        public Action<TrainingContext>? AtGradients { get; init; }

        public Action<TrainingContext>? AfterStep { get; init; }

        public override void FitStarted(TrainingContext context) => Calls.Add("fit");

        public override void EpochStarting(TrainingContext context) => Calls.Add("epoch");

        public override void StepStarting(TrainingContext context)
        {
            Calls.Add("step");
            Positions.Add(context.Position);
            Rates.Add(context.Rate);
        }

        public override void GradientsReady(TrainingContext context)
        {
            Calls.Add("gradients");
            Assert.Equal(context.Models.SelectMany(model => model.Parameters()).Count(), context.Gradients.Parameters.Count);
            AtGradients?.Invoke(context);
        }

        public override void StepDone(TrainingContext context)
        {
            Calls.Add("done");
            AfterStep?.Invoke(context);
        }

        public override void EpochDone(TrainingContext context)
        {
            Calls.Add("epoch-done");
            Last = context.LastEpoch;
        }

        public override void FitEnded(TrainingContext context) => Calls.Add(context.HasFailed ? "failed" : "ended");
    }

    /// <summary>One loss over two models.</summary>
    private sealed class Pair(SmallModel first, SmallModel second, Device device) : ITrainingSet
    {
        public Action? Before { get; init; }

        public int BatchesPerEpoch => 1;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
        {
            Before?.Invoke();
            yield return new Both(new Noise(first, device).Epoch(0, cancellation).First(), new Noise(second, device).Epoch(0, cancellation).First());
        }

        private sealed class Both(ITrainingBatch one, ITrainingBatch two) : ITrainingBatch
        {
            public int Count => one.Count;

            public Variable Loss(Pass pass) => one.Loss(pass) + two.Loss(pass);
        }
    }
}
