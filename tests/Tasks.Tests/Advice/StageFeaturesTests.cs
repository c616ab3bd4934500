using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;
using Graft.Text;

namespace Graft.Tasks.Tests;

/// <summary>The features of stages against the stages themselves.</summary>
public sealed class StageFeaturesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Pictures_have_the_means_of_their_maps_and_the_answers_of_the_head()
    {
        string data = Pictures.Folder(folder, "data", 10, "blue", "red");
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        var pictures = LabelledImages.Open(data);
        int counted = 0;
        var features = classifier.StageFeatures(pictures, counted: count => counted += count);
        Assert.Equal((20, 20), (counted, features.Examples.Count));
        Assert.Equal(["stem", "layer1", "layer2", "layer3"], features.Stages);
        Assert.Equal([16, 16, 32, 64], features.Rows.Select(static rows => rows[0].Length));
        Assert.All(features.Rows, static rows => Assert.Equal(20, rows.Count));
        foreach (int example in (int[])[0, 17])
        {
            using var pass = Pass.Infer(device);
            using var image = device.Rent<float>([1, 3, 32, 32], MemoryFormat.ChannelsLast);
            var transforms = new ImageTransforms(classifier.Preprocessing);
            var picture = transforms.Prepare(pictures.Load(features.Examples[example]), "picture");
            transforms.Write(picture, 0, 0, ImageTransforms.Place(image, 0));
            var maps = classifier.Model.FeatureMaps(pass.Constant(image), [.. features.Stages, "head"]);
            for (int stage = 0; stage < features.Stages.Count; stage++)
            {
                float[] map = maps[features.Stages[stage]].Value.ToArray();
                int plane = map.Length / features.Rows[stage][example].Length;
                AssertNear([.. map.Chunk(plane).Select(static channel => channel.Average(static value => (double)value))], features.Rows[stage][example]);
            }
            double[] scores = [.. maps["head"].Value.ToArray().Select(static score => Math.Exp(score))];
            AssertNear([.. scores.Select(score => score / scores.Sum())], features.Probabilities![example]);
        }
    }

    [Fact]
    public void A_picture_that_cannot_be_read_is_left_out()
    {
        string data = Pictures.Folder(folder, "broken", 4, "blue", "red");
        File.WriteAllText(Path.Combine(data, "blue", "002.ppm"), "no picture");
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        var pictures = LabelledImages.Open(data);
        Assert.Throws<ImageException>(() => classifier.StageFeatures(pictures));
        List<int> without = [];
        var features = classifier.StageFeatures(pictures, (index, _) => without.Add(index));
        Assert.Equal([2], without);
        Assert.Equal([0, 1, 3, 4, 5, 6, 7], features.Examples.Order());
        Assert.All(features.Rows, static rows => Assert.Equal(7, rows.Count));
    }

    /// <summary>Texts of several lengths, which are put together by length and come back in their order.</summary>
    [Fact]
    public void Texts_have_the_means_over_their_own_tokens()
    {
        using var classifier = TextClassifier.FromPretrained(TinyEncoder.Write(folder["tiny"]), device: device);
        TextExample[] examples = [new("the film is good"), new("bad"), new("the book was very very awful ."), new("a cat")];
        var texts = new LabelledTexts("texts", ["bad", "good"], examples, [1, 0, 0, 1]);
        var features = classifier.StageFeatures(texts);
        Assert.Equal(["embeddings", "layer0", "layer1"], features.Stages);
        Assert.Null(features.Probabilities);
        Assert.Equal([0, 1, 2, 3], features.Examples);
        for (int example = 0; example < examples.Length; example++)
        {
            var alone = classifier.StageFeatures(new LabelledTexts("text", ["bad", "good"], [examples[example], examples[example]], [0, 1]));
            for (int stage = 0; stage < 3; stage++) AssertNear([.. alone.Rows[stage][0].Select(static value => (double)value)], features.Rows[stage][example]);
        }
        Assert.NotEqual(features.Rows[2][0], features.Rows[2][1]);
    }

    private static void AssertNear(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-4 * scale);
    }
}
