using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>A warmed-up step takes nothing new from the system and little from the managed heap. How much follows from the number of
/// layers, not from their sizes: the models are of real depth and small otherwise.</summary>
/// <remarks>Counted is what the thread that takes the steps allocates: workers run kernels, which are functions over structs of
/// pointers, and the process's total would count other tests too.</remarks>
public sealed class StepAllocationTests : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData("resnet18", 21, false)]
    [InlineData("resnet50", 49, false)]
    [InlineData("resnet18", 33, true)]
    public void Of_an_image_model(string name, int kilobytes, bool isCheckpointing)
    {
        var model = ModelRegistry.Create(name, classes: 5);
        using var images = Tensor.From<float>([2, 3, 32, 32], Numbers(2 * 3 * 32 * 32), device);
        int[] labels = [1, 3];
        var groups = new ParameterGroups(model);
        groups.Rates(head: 1e-3);
        using var optimiser = Optimiser.Sgd(groups);
        AssertLittle(kilobytes, () =>
        {
            using var pass = Pass.Train(device, seed: 1);
            pass.ActivationCheckpointing = isCheckpointing;
            var loss = model.Forward(pass.Constant(images)).CrossEntropy(labels);
            optimiser.Step(pass.Backward(loss));
        });
    }

    /// <summary>The loop and its observers add nothing to a step.</summary>
    [Fact]
    public void Of_a_trainer()
    {
        var model = ModelRegistry.Create("resnet18", classes: 5);
        using var images = Tensor.From<float>([2, 3, 32, 32], Numbers(2 * 3 * 32 * 32), device);
        var groups = new ParameterGroups(model);
        groups.Rates(head: 1e-3);
        using var optimiser = Optimiser.Sgd(groups);
        using var average = new WeightAveraging();
        var meter = new Meter(21 * 1024);
        new Trainer(optimiser, device)
        {
            Observers = [new GradientAccumulation(2), average, meter],
            Checkpoints = new TrainingCheckpoints(Path.Combine(Path.GetTempPath(), "never-written")) { Every = TimeSpan.FromDays(1) },
        }.Fit(new OneBatch(model, images), 1, Schedule.Cosine());
        Assert.InRange(meter.Least, 1, 21 * 1024);
    }

    [Theory]
    [InlineData(6, 34, null, false)]
    [InlineData(12, 62, null, false)]
    [InlineData(6, 41, "lora", false)]
    [InlineData(6, 60, null, true)]
    [InlineData(6, 70, "dora", false)]
    [InlineData(6, 40, "ia3", false)]
    [InlineData(6, 40, "bitfit", false)]
    [InlineData(6, 50, "pfeiffer", false)]
    [InlineData(6, 60, "houlsby", false)]
    [InlineData(6, 50, "prefix-tuning", false)]
    [InlineData(6, 40, "prompt-tuning", false)]
    public void Of_a_text_model(int layers, int kilobytes, string? adapter, bool isCheckpointing)
    {
        string config = $$"""
            {
                "architectures": ["BertForSequenceClassification"], "num_hidden_layers": {{layers}}, "hidden_size": 48,
                "intermediate_size": 96, "vocab_size": 50
            }
            """;
        var model = PretrainedModel.Create(JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes(config), "config.json"));
        int[] tokens = [.. Enumerable.Range(0, 32).Select(place => 1 + place % 40)], labels = [0, 1];
        var batch = new TextBatch(2, 16, tokens, attentionMask: [.. Enumerable.Range(0, 32).Select(place => place < 28 ? 1 : 0)]);
        if (adapter is not null)
        {
            var options = new AdapterOptions { Kind = AdapterKind.All.Single(kind => kind.Name == adapter), Dropout = adapter is "lora" or "dora" ? 0.1 : null };
            Adapters.Attach(model, options.ConfigFor(model, []));
        }
        var groups = new ParameterGroups(model);
        groups.Rates(head: 1e-4);
        using var optimiser = Optimiser.AdamW(groups);
        AssertLittle(kilobytes, () =>
        {
            using var pass = Pass.Train(device, seed: 1);
            pass.ActivationCheckpointing = isCheckpointing;
            var loss = model.Loss(model.Forward(pass, batch), new TextTargets { Labels = labels });
            optimiser.Step(pass.Backward(loss));
        });
    }

    [Theory]
    [InlineData("{\"architectures\": [\"T5ForConditionalGeneration\"], \"vocab_size\": 50, \"d_model\": 48, \"d_kv\": 24, \"d_ff\": 96, \"num_layers\": 3, \"num_heads\": 2}", 44)]
    [InlineData("{\"architectures\": [\"MarianMTModel\"], \"vocab_size\": 50, \"d_model\": 48, \"encoder_layers\": 3, \"decoder_layers\": 3, \"encoder_attention_heads\": 2, "
        + "\"decoder_attention_heads\": 2, \"encoder_ffn_dim\": 96, \"decoder_ffn_dim\": 96, \"max_position_embeddings\": 32}", 44)]
    public void Of_an_encoder_decoder(string config, int kilobytes)
    {
        var model = (EncoderDecoderModel)PretrainedModel.Create(JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes(config), "config.json"));
        int[] tokens = [.. Enumerable.Range(0, 32).Select(place => 2 + place % 40)], labels = [.. Enumerable.Range(0, 24).Select(place => place is > 8 and < 12 ? -100 : 2 + place)];
        var batch = model.WithLabels(new TextBatch(2, 16, tokens, attentionMask: [.. Enumerable.Range(0, 32).Select(place => place < 28 ? 1 : 0)]), labels);
        var groups = new ParameterGroups(model);
        groups.Rates(head: 1e-4);
        using var optimiser = Optimiser.AdamW(groups);
        var targets = new TextTargets { Labels = labels, LabelSmoothing = 0.1f };
        AssertLittle(kilobytes, () =>
        {
            using var pass = Pass.Train(device, seed: 1);
            optimiser.Step(pass.Backward(model.Loss(pass, batch, targets)));
        });
    }

    [Fact]
    public void Of_inference()
    {
        var model = ModelRegistry.Create("resnet50", classes: 5);
        using var images = Tensor.From<float>([1, 3, 32, 32], Numbers(3 * 32 * 32), device);
        AssertLittle(22, () =>
        {
            using var pass = Pass.Infer(device);
            model.Forward(pass.Constant(images));
        });
    }

    /// <summary>The least of several counts: until the runtime has optimised a method, for which a busy machine lets it take its time, it
    /// makes objects that are none later.</summary>
    private void AssertLittle(int kilobytes, Action step)
    {
        for (int i = 0; i < 3; i++) step();
        long taken = device.BytesTaken, least = long.MaxValue;
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); waited.Elapsed < LongestWait && least > kilobytes * 1024; Thread.Sleep(5))
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            step();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(taken, device.BytesTaken);
        Assert.InRange(least, 1, kilobytes * 1024);
    }

    /// <summary>Counts what each step allocates until one stays below a bound.</summary>
    private sealed class Meter(long bound) : TrainingObserver
    {
        private readonly System.Diagnostics.Stopwatch waited = System.Diagnostics.Stopwatch.StartNew();
        private long before = -1;

        public long Least { get; private set; } = long.MaxValue;

        public override void StepDone(TrainingContext context)
        {
            long now = GC.GetAllocatedBytesForCurrentThread();
            if (before >= 0) Least = Math.Min(Least, now - before);
            if (Least <= bound || waited.Elapsed > LongestWait) context.Stop();
            before = GC.GetAllocatedBytesForCurrentThread();
        }
    }

    private sealed class OneBatch(ImageModel model, Tensor<float> images) : ITrainingSet, ITrainingBatch
    {
        private readonly int[] labels = [1, 3];

        public int BatchesPerEpoch => 100_000;

        public int Count => 2;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => Enumerable.Repeat(this, BatchesPerEpoch);

        public Variable Loss(Pass pass) => model.Forward(pass.Constant(images)).CrossEntropy(labels);
    }

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => MathF.Sin(i))];
}
