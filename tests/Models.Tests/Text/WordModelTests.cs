using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>The bag of vectors and the CNN against their equations in double, and as folders.</summary>
public sealed class WordModelTests : IDisposable
{
    private const int Words = 12, Width = 6;

    private static readonly int[][] Texts = [[3, 7, 5, 4, 2, 9, 11], [8], [5, 5, 1, 10]];

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public static TheoryData<string> Kinds => ["bag", "bag with a hidden layer", "cnn"];

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Logits_are_those_of_the_equations_whatever_fills_a_batch_up(string kind)
    {
        using var model = Make(kind);
        float[] right = Logits(model, model.Pad(Texts)), left = Logits(model, model.Pad(Texts, side: PaddingSide.Left));
        for (int row = 0; row < Texts.Length; row++)
        {
            float[] alone = Logits(model, model.Pad([Texts[row]]));
            double[] expected = Expected(model, Texts[row]);
            for (int label = 0; label < 3; label++)
            {
                Assert.Equal(expected[label], alone[label], 1e-5);
                Assert.Equal(alone[label], right[row * 3 + label], 1e-6);
                Assert.Equal(alone[label], left[row * 3 + label], 1e-6);
            }
        }
        using var captured = model.Capture(device, model.Pad(Texts));
        var replayed = new float[right.Length];
        captured.Run(model.Pad(Texts), replayed);
        Check.SameBits("logits", replayed, right);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Everything_learns_but_the_vector_of_padding_and_what_is_frozen(string kind)
    {
        using var model = Make(kind);
        Assert.Equal(["embeddings", "trunk", "head"], model.Stages.Select(stage => stage.Name));
        using (var pass = Pass.Train(device, seed: 2))
        {
            var gradients = pass.Backward(model.Loss(model.Forward(pass, model.Pad(Texts)), new TextTargets { Labels = [0, 2, 1] }));
            foreach (var parameter in model.Parameters()) Assert.Contains(gradients.Of(parameter)!.ToArray(), static number => number != 0);
            Assert.All(gradients.Of(model.Embeddings.Weight)!.ToArray()[..Width], static number => Assert.Equal(0, number));
        }
        model.Embeddings.Freeze();
        using (var pass = Pass.Train(device, seed: 2))
        {
            var gradients = pass.Backward(model.Loss(model.Forward(pass, model.Pad(Texts)), new TextTargets { Labels = [0, 2, 1] }));
            Assert.Null(gradients.Of(model.Embeddings.Weight));
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_folder_makes_the_model_again(string kind)
    {
        using var model = Make(kind);
        string[] labels = ["x", "y", "z"];
        model.ConfigFor(labels).Write(Path.Combine(folder.Path, "config.json"));
        model.Save(Path.Combine(folder.Path, "model.safetensors"));
        using var read = PretrainedModel.Open(folder.Path);
        Assert.Equal(model.GetType(), read.GetType());
        Assert.Equal((model.Name, TextHead.SequenceClassification, model.Sizes), (read.Name, read.Head, read.Sizes));
        Assert.Equal(labels, read.Labels);
        Check.SameBits("logits", Logits(read, read.Pad(Texts)), Logits(model, model.Pad(Texts)));

        var (other, report) = PretrainedModel.Open(folder.Path, TextHead.SequenceClassification, ["a", "b"], seed: 3);
        Assert.True(other.IsHeadNew);
        Assert.Equal(["classifier.weight", "classifier.bias"], report.Replaced);
        Assert.Equal(5, other.Remake(5, 1).Labels.Count);
        Assert.Throws<ArgumentException>(() => PretrainedModel.Open(folder.Path, TextHead.TokenClassification));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new TextCnn(Config() with { Widths = [] }));
        Assert.Throws<ArgumentException>(() => new TextCnn(Config() with { Widths = [3, 0] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BagOfVectors(Config() with { PaddingToken = Words }));
        Assert.Throws<ArgumentException>(() => new BagOfVectors(Config() with { LabelNames = ["one"] }));
        using var model = Make("cnn");
        using var pass = Pass.Infer(device);
        Assert.Contains($"the id {Words} is none of the {Words}", Assert.Throws<ArgumentException>(() => model.Forward(pass, model.Pad([[Words]]))).Message, StringComparison.Ordinal);
        folder.Write("config.json", """{ "model_type": "text-cnn", "vocab_size": 12, "num_filters": -1 }"""u8);
        Assert.Contains("num_filters", Assert.Throws<CheckpointException>(() => PretrainedModel.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    private static WordModelConfig Config() => new() { VocabularySize = Words, EmbeddingSize = Width, Labels = 3, Widths = [1, 2, 5], Filters = 4 };

    private static WordModel Make(string kind) => kind switch
    {
        "cnn" => new TextCnn(Config()) { Seed = 7 },
        "bag" => new BagOfVectors(Config()) { Seed = 7 },
        _ => new BagOfVectors(Config() with { HiddenSize = 8 }) { Seed = 7 },
    };

    private static double[] Expected(WordModel model, int[] text)
    {
        float[] Of(string name) => model.Parameters().Single(parameter => parameter.Name == name).Value.ToArray();
        float[] table = Of("embeddings.weight");
        double[][] vectors = [.. text.Select(word => table.Skip(word * Width).Take(Width).Select(static number => (double)number).ToArray())];
        double[] features;
        if (model is TextCnn)
        {
            features = [.. model.Config.Widths.SelectMany((width, index) =>
            {
                float[] weight = Of($"convolutions.{index}.weight"), bias = Of($"convolutions.{index}.bias");
                return Enumerable.Range(0, 4).Select(filter => Enumerable.Range(0, text.Length).Max(end =>
                {
                    double sum = bias[filter];
                    for (int place = 0; place < width; place++)
                        if (end - width + 1 + place >= 0)
                            for (int at = 0; at < Width; at++) sum += weight[(filter * Width + at) * width + place] * vectors[end - width + 1 + place][at];
                    return Math.Max(0, sum);
                }));
            })];
        }
        else
        {
            features = [.. Enumerable.Range(0, Width).Select(at => vectors.Average(vector => vector[at]))];
            if (model.Config.HiddenSize > 0) features = [.. Linear(features, Of("hidden.weight"), Of("hidden.bias")).Select(static number => Math.Max(0, number))];
        }
        return Linear(features, Of("classifier.weight"), Of("classifier.bias"));
    }

    private static double[] Linear(double[] x, float[] weight, float[] bias) =>
        [.. bias.Select((offset, row) => offset + x.Select((number, at) => number * weight[row * x.Length + at]).Sum())];

    private float[] Logits(TextModel model, TextBatch batch)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass, batch)["logits"].Value.ToArray();
    }
}
