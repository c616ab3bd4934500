using System.Text;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Stages, rates and schedules know nothing of pictures: a text model is fine-tuned by the same code.</summary>
public sealed class TextFineTuningTests : IDisposable
{
    private const string Small = """
        {
            "architectures": ["BertForSequenceClassification"], "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 10, "initializer_range": 0.1
        }
        """;

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_text_model_learns()
    {
        var model = PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Small), "config.json"), seed: 1);
        var options = new FineTuneOptions
        {
            Epochs = 6,
            FrozenEpochs = 0,
            Optimiser = OptimiserKind.AdamW,
            LearningRate = 5e-3,
            RateDecayPerStage = 1,
            ClipNorm = 1,
        };
        var report = new FineTuner(model, device, options).FineTune(new Texts(model));
        Assert.True(report.Epochs[^1].Loss < 0.2 * report.Epochs[0].Loss, string.Join(", ", report.Epochs.Select(epoch => epoch.Loss)));
    }

    [Fact]
    public void Stages_below_the_named_one_keep_their_bytes()
    {
        var model = PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Small), "config.json"), seed: 1);
        var before = model.Parameters().ToDictionary(parameter => parameter.Name, parameter => parameter.Value.ToArray());
        new FineTuner(model, device, new FineTuneOptions { Epochs = 1, FrozenEpochs = 0, FreezeBelow = "layer1", WeightDecay = 0.1 }).FineTune(new Texts(model));
        foreach (var parameter in model.Parameters())
        {
            bool isFrozen = parameter.Name.StartsWith("bert.embeddings.", StringComparison.Ordinal) || parameter.Name.StartsWith("bert.encoder.layer.0.", StringComparison.Ordinal);
            if (isFrozen) Assert.Equal(before[parameter.Name], parameter.Value.ToArray());
            // softmax does not see what the key's bias adds to all scores
            else if (!parameter.Name.EndsWith("key.bias", StringComparison.Ordinal)) Assert.NotEqual(before[parameter.Name], parameter.Value.ToArray());
        }
    }

    /// <summary>Sequences of 3 to 10 tokens; the class is whether the token 7 is among them.</summary>
    private sealed class Texts(TextModel model) : ITrainingSet
    {
        public int BatchesPerEpoch => 12;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
        {
            for (int i = 0; i < BatchesPerEpoch; i++) yield return new Batch(model, i);
        }

        private sealed class Batch(TextModel model, int number) : ITrainingBatch
        {
            public int Count => 16;

            public Variable Loss(Pass pass)
            {
                var random = new RandomStream(3, $"batch{number}");
                int[][] texts = [.. Enumerable.Range(0, Count).Select(row => Text(random, row))];
                int[] labels = [.. texts.Select(text => text.Contains(7) ? 1 : 0)];
                return model.Loss(model.Forward(pass, TextBatch.Pad(texts, paddingToken: 0)), new TextTargets { Labels = labels });
            }

            private static int[] Text(RandomStream random, int row)
            {
                int length = 3 + random.Below(8, (ulong)row);
                int[] text = [.. Enumerable.Range(0, length).Select(place => 8 + random.Below(12, (ulong)place, (ulong)(1 + row)))];
                if (row % 2 == 0) text[length / 2] = 7;
                return text;
            }
        }
    }
}
