using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Networks that are really pretrained on a source of their own and fine-tuned on few examples: what the verdict says of a source that asks the same, of one
/// whose labels have nothing to do with its inputs, and of one whose labels are the wrong way round.</summary>
public sealed class PlantedTransferTests : IDisposable
{
    private const int Draws = 20, Seeds = 3, SourceExamples = 2048, TargetExamples = 48, TestExamples = 400;

    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void The_verdict_is_right_on_19_of_20_draws()
    {
        var right = new Dictionary<TransferOutcome, int>();
        for (ulong draw = 0; draw < Draws; draw++)
        {
            Examples target = Examples.Draw(TargetExamples, "target", draw), test = Examples.Draw(TestExamples, "test", draw);
            ArmScore[] scratch = [.. Enumerable.Range(0, Seeds).Select(seed => Score(null, target, test, (ulong)seed))];
            Judge(TransferOutcome.Helped, Examples.Draw(SourceExamples, "source", draw));
            Judge(TransferOutcome.Neutral, Examples.Draw(SourceExamples, "source", draw).WithChanceLabels(draw));
            Judge(TransferOutcome.NegativeTransfer, Examples.Draw(SourceExamples, "source", draw, isFlipped: true));

            void Judge(TransferOutcome expected, Examples source)
            {
                using var trunk = Train(null, source, epochs: 12, rate: 0.1, seed: 100 + draw);
                var verdict = TransferVerdict.Of([.. Enumerable.Range(0, Seeds).Select(seed => Score(trunk, target, test, (ulong)seed))], scratch);
                right[expected] = right.GetValueOrDefault(expected) + (verdict.Outcome == expected ? 1 : 0);
                TestContext.Current.TestOutputHelper?.WriteLine($"{draw} {expected}: {verdict}");
            }
        }
        Assert.All(right, static one => Assert.True(one.Value >= Draws * 19 / 20, $"{one.Key}: {one.Value} of {Draws}"));
    }

    private ArmScore Score(Model? from, Examples target, Examples test, ulong seed)
    {
        using var model = Train(from, target, epochs: 4, rate: 0.02, seed);
        using var pass = Pass.Infer(device);
        float[] logits = model.Forward(pass.Constant(pass.Upload<float>([test.Count, Examples.Width], test.Inputs))).Value.ToArray();
        return ArmScore.Of(target.Count, seed, [.. test.Labels.Select((label, row) => (logits[2 * row + 1] > logits[2 * row] ? 1 : 0) == label)]);
    }

    private TwoLayers Train(Model? from, Examples examples, int epochs, double rate, ulong seed)
    {
        var model = new TwoLayers { Seed = seed };
        if (from is not null) model.CopyWeightsFrom(from);
        var options = new FineTuneOptions { Epochs = epochs, FrozenEpochs = 0, LearningRate = rate, RateDecayPerStage = 1, Seed = seed };
        new FineTuner(model, device, options).FineTune(new Batches(model, examples, seed));
        return model;
    }

    private sealed class TwoLayers : ImageModel
    {
        public TwoLayers() : base("two-layers")
        {
            var linear = Add("linear", new Linear(Examples.Width, 32));
            AddStage("trunk", x => linear.Forward(x).Relu(), linear);
            AddStage("head", Add("head", new Linear(32, 2)));
        }
    }

    /// <summary>Noise, whose class is whether two of its numbers have the same sign.</summary>
    private sealed record Examples(float[] Inputs, int[] Labels)
    {
        public const int Width = 8;

        public int Count => Labels.Length;

        public static Examples Draw(int count, string name, ulong seed, bool isFlipped = false)
        {
            var inputs = new float[count * Width];
            new RandomStream(seed, name).FillNormal(inputs, 0, 1);
            return new Examples(inputs, [.. Enumerable.Range(0, count).Select(row => (inputs[row * Width] * inputs[row * Width + 1] > 0) != isFlipped ? 1 : 0)]);
        }

        public Examples WithChanceLabels(ulong seed) => this with { Labels = [.. Labels.Select((_, row) => new RandomStream(seed, "chance").Below(2, (ulong)row))] };
    }

    private sealed class Batches(ImageModel model, Examples examples, ulong seed) : ITrainingSet
    {
        private const int Size = 16;

        public int BatchesPerEpoch => examples.Count / Size;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) =>
            new RandomStream(seed, "order").Permutation(examples.Count, (ulong)epoch).Chunk(Size).Select(rows => new Batch(model, examples, rows));

        private sealed class Batch(ImageModel model, Examples examples, int[] rows) : ITrainingBatch
        {
            public int Count => rows.Length;

            public Variable Loss(Pass pass)
            {
                float[] inputs = [.. rows.SelectMany(row => examples.Inputs.AsSpan(row * Examples.Width, Examples.Width).ToArray())];
                return model.Forward(pass.Constant(pass.Upload<float>([rows.Length, Examples.Width], inputs))).CrossEntropy([.. rows.Select(row => examples.Labels[row])]);
            }
        }
    }
}
