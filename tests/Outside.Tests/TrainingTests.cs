using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Outside.Tests;

/// <summary>A training of one's own: an update rule, a schedule, an observer and groups over two models, as a program of a user's has them.</summary>
public sealed class TrainingTests : IDisposable
{
    private readonly CpuDevice device = new(threads: 2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_rule_a_schedule_and_an_observer_of_ones_own_train_two_models_at_once()
    {
        using var encoder = new Small("encoder", 4);
        using var student = new Small("student", 4);
        encoder.Freeze("*.bias");
        var groups = new ParameterGroups([.. new ParameterGroups(encoder), new ParameterGroup("student", student) { WeightDecay = 0.01 }]);
        groups.Rates(head: 0.02);
        using var optimiser = Optimiser.Of(groups, step => new SignDescent(step.Rate, step.GradientScale), clipNorm: 1);
        var largest = new LargestGradient();
        var trainer = new Trainer(optimiser, device) { Observers = [largest, new GradientAccumulation(2)] };
        var schedule = Schedule.Of(position => 1 - position).WithWarmUp(0.1);
        var report = trainer.Fit(new Together(encoder, student), epochs: 30, schedule, _ => new Evaluation(1, new Metrics(("agreement", 1))));
        Assert.True(report.Epochs[^1].Loss < report.Epochs[0].Loss / 2, $"{report.Epochs[0].Loss} to {report.Epochs[^1].Loss}");
        Assert.Equal(1, report.Epochs[^1].Validation!.Metrics["agreement"]);
        Assert.Equal(120, largest.Steps);
        Assert.Equal(2, encoder.Parameters().Count(parameter => parameter.IsFrozen));
    }

    [Fact]
    public void A_recipe_takes_an_optimiser_and_observers_of_ones_own()
    {
        using var model = new Small("own", 4);
        var own = new OptimiserKind(
            "sign", "descent by the sign alone", (groups, options) => Optimiser.Of(groups, step => new SignDescent(step.Rate, step.GradientScale), options.WeightDecay));
        var recorder = new RateRecorder();
        var options = new FineTuneOptions { Epochs = 2, FrozenEpochs = 1, Optimiser = own, LearningRate = 0.01 };
        var report = new FineTuner(model, device, options) { Observers = [recorder] }.FineTune(new Together(model, model));
        Assert.Equal(report.Steps, recorder.Rates.Count);
        Assert.Equal(report.Epochs[^1].Rate, recorder.Rates[^1]);
    }

    /// <summary>signSGD (Bernstein et al. 2018): w -= rate * sign(g).</summary>
    private readonly struct SignDescent(float rate, float gradientScale) : IUpdateRule
    {
        public static int StateCount => 0;

        public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
        {
            S zero = S.Splat(0f), scaled = gradient * S.Splat(gradientScale);
            var sign = S.WhereGreater(scaled, zero, S.Splat(1f), S.WhereGreater(zero, scaled, S.Splat(-1f), zero));
            weight -= S.Splat(rate) * sign;
        }
    }

    private sealed class LargestGradient : TrainingObserver
    {
        public int Steps { get; private set; }

        public override void GradientsReady(TrainingContext context)
        {
            Assert.NotEmpty(context.Gradients.Parameters);
            foreach (var parameter in context.Gradients.Parameters)
                Assert.All(context.Gradients.Of(parameter)!.ToArray(), value => Assert.True(float.IsFinite(value)));
            Steps++;
        }
    }

    /// <summary>A convolution and a head.</summary>
    private sealed class Small : ImageModel
    {
        public Small(string name, int classes) : base(name)
        {
            var convolution = Add("conv", new Conv2d(3, 8, 3, padding: 1));
            AddStage("stem", x => convolution.Forward(x).Relu(), convolution);
            AddStage("head", Add("fc", new Linear(8, classes)));
        }
    }

    /// <summary>Four pictures, on which both models learn the same classes.</summary>
    private sealed class Together(ImageModel first, ImageModel second) : ITrainingSet, ITrainingBatch
    {
        private readonly float[] numbers = Numbers();

        public int BatchesPerEpoch => 4;

        public int Count => 4;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => [this, this, this, this];

        public Variable Loss(Pass pass)
        {
            var images = pass.Constant(Tensor.From<float>([4, 3, 8, 8], numbers, pass.Device));
            return first.Forward(images).CrossEntropy([0, 1, 2, 3]) + second.Forward(images).CrossEntropy([0, 1, 2, 3]);
        }

        private static float[] Numbers()
        {
            var numbers = new float[4 * 3 * 8 * 8];
            new RandomStream(seed: 1, "images").FillNormal(numbers, mean: 0f, standardDeviation: 1f);
            // each picture has channels of its own that are bright
            for (int i = 0; i < numbers.Length; i++) numbers[i] += ((i / 192) >> (i / 64 % 3) & 1) * 2f;
            return numbers;
        }
    }
}
