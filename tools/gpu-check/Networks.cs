using System.Text;
using Graft.Autograd;
using Graft.Models;

namespace Graft.GpuCheck;

/// <summary>A network with a batch of fixed numbers.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Model">Makes it, with the same weights each time.</param>
/// <param name="Loss">The loss of a batch in a run.</param>
/// <param name="Operations">Floating-point operations of a training step.</param>
internal sealed record Network(string Name, Func<Model> Model, Func<Model, Pass, Variable> Loss, double Operations)
{
    private const int Vocabulary = 30522;

    /// <summary>A residual network on pictures.</summary>
    public static Network Pictures(string architecture, int batch, int side, double multiplyAdds) => new(
        $"{architecture} b{batch} {side}x{side}", () => ModelRegistry.Create(architecture, classes: 1000, seed: 1),
        (model, pass) => ((ImageModel)model).Forward(pass.Constant(pass.ChannelsLast(pass.Upload<float>([batch, 3, side, side], Wave(batch * 3 * side * side)))))
            .CrossEntropy([.. Enumerable.Range(0, batch).Select(static i => i * 37 % 1000)]),
        6 * multiplyAdds * batch * side * side / (224.0 * 224));

    /// <summary>A BERT with a classifier, on full sequences, without dropout: drawn zeros are the same on all devices, but products of them are not what is compared here.</summary>
    public static Network Sentences(int width, int layers, int batch, int length) => new(
        $"bert {layers}x{width} b{batch} t{length}",
        () => PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes($$"""
            {
                "architectures": ["BertForSequenceClassification"], "vocab_size": {{Vocabulary}}, "hidden_size": {{width}}, "num_hidden_layers": {{layers}},
                "num_attention_heads": {{width / 64}}, "intermediate_size": {{4 * width}}, "max_position_embeddings": 512, "hidden_dropout_prob": 0.0,
                "attention_probs_dropout_prob": 0.0, "initializer_range": 0.02
            }
            """), "config.json"), seed: 1),
        (model, pass) => ((TextModel)model).Loss(
            pass, new TextBatch(batch, length, [.. Enumerable.Range(0, batch * length).Select(static i => (int)((1 + i * 7919L) % Vocabulary))]),
            new TextTargets { Labels = [.. Enumerable.Range(0, batch).Select(static i => i % 2)] }),
        6.0 * batch * length * layers * (12.0 * width * width + 2.0 * length * width));

    private static float[] Wave(int count)
    {
        var numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = MathF.Sin(0.37f * i) * MathF.Cos(0.011f * i);
        return numbers;
    }
}
