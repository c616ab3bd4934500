using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>A task that trains adapters: its folder, the base in it, and what comes of both.</summary>
public sealed class TextAdapterTests : TextTaskTests
{
    private static readonly string[] Lines = ["the film is good .", "the book was awful .", "a cat is fine", "red moon"];

    public static TheoryData<string> Kinds => [.. AdapterKind.All.Select(static kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Adapters_learn_are_saved_beside_their_base_and_answer_the_same_again(string name)
    {
        var kind = AdapterKind.All.Single(one => one.Name == name);
        string encoder = Encoder, saved = In("saved"), merged = In("merged");
        using var classifier = TextClassifier.FromPretrained(encoder);
        var options = Quick with { Recipe = Quick.Recipe with { Epochs = 12, LearningRate = 2e-2, Adapter = new AdapterOptions { Kind = kind } } };
        var report = classifier.FineTune(Opinions(), Opinions(), options);
        // a tiny random encoder gives factors and biases little to hold on to
        if (kind == AdapterKind.Lora) Assert.True(report.Epochs[^1].Validation!.Accuracy > 0.9, $"{name}: {report.Epochs[^1].Validation!.Accuracy}");
        Assert.True(report.Epochs[^1].Loss < report.Epochs[0].Loss + 1e-3, $"{name}: {report.Epochs[0].Loss} to {report.Epochs[^1].Loss}");
        var adapters = classifier.Adapters!;
        Assert.Equal(adapters.AdapterParameters + adapters.SavedParameters, report.TrainableParameters);
        Assert.Contains("classifier", adapters.SavedModules);
        double[] scores = Scores(classifier);

        classifier.Save(saved);
        // the weights of the folder are the encoder's, to the bit
        using (var before = Checkpoint.Open(Path.Combine(encoder, "model.safetensors")))
        using (var after = Checkpoint.Open(Path.Combine(saved, "model.safetensors")))
            Assert.All(before.Tensors.Where(static tensor => !tensor.Key.StartsWith("pooler.", StringComparison.Ordinal)),
                tensor => Assert.Equal(tensor.ToSingleArray(), after[$"bert.{tensor.Key}"].ToSingleArray()));
        using (var again = TextClassifier.Load(saved))
        {
            Assert.Equal(scores, Scores(again));
            Assert.Equal(classifier.Recipe, again.Recipe);
            // what was learnt is somewhere to begin again, on the same base
            again.FineTune(Opinions(), null, options with { Recipe = options.Recipe with { Epochs = 1 } });
            Assert.NotEqual(scores, Scores(again));
            again.Save(In("further"));
            Assert.Equal(File.ReadAllBytes(Path.Combine(saved, "model.safetensors")), File.ReadAllBytes(Path.Combine(In("further"), "model.safetensors")));
        }
        foreach (string folder in (string[])[saved, Path.Combine(saved, "adapter")])
        {
            using var onBase = TextClassifier.From(TextModelSource.FromFolder(encoder, TextHead.SequenceClassification).WithAdapter(folder));
            Assert.Equal(["negative", "positive"], onBase.Labels);
            Assert.Equal(scores, Scores(onBase));
        }
        if (!adapters.IsMergeable)
        {
            Assert.Throws<InvalidOperationException>(classifier.MergeAdapters);
            return;
        }
        classifier.MergeAdapters();
        Assert.Null(classifier.Adapters);
        Near(scores, Scores(classifier));
        classifier.Save(merged);
        Assert.False(Directory.Exists(Path.Combine(merged, "adapter")));
        using (var plain = TextClassifier.Load(merged)) Near(scores, Scores(plain));
        // an older adapter does not stay beside weights that have taken it in
        classifier.Save(saved);
        Assert.False(Directory.Exists(Path.Combine(saved, "adapter")));
        using (var plain = TextClassifier.Load(saved)) Near(scores, Scores(plain));
        Assert.Throws<InvalidOperationException>(classifier.MergeAdapters);
    }

    [Fact]
    public void What_does_not_go_with_adapters_is_refused()
    {
        using var classifier = TextClassifier.FromPretrained(Encoder);
        var recipe = Quick.Recipe;
        Assert.Contains("--adapter", Assert.Throws<ArgumentException>(() => classifier.FineTune(Opinions(), null, Quick with { Recipe = recipe with { Adapter = new AdapterOptions { Rank = 4 } } })).Message,
            StringComparison.Ordinal);
        Assert.Contains("qeury", Assert.Throws<ArgumentException>(() => classifier.FineTune(
            Opinions(), null, Quick with { Recipe = recipe with { Adapter = new AdapterOptions { Kind = AdapterKind.Lora, TargetModules = "qeury" } } })).Message, StringComparison.Ordinal);
        Assert.Null(classifier.Adapters);
        classifier.FineTune(Opinions(), null, Quick with { Recipe = recipe with { Epochs = 1, Adapter = new AdapterOptions { Kind = AdapterKind.Lora, TargetModules = @".*layer\.1\..*query" } } });
        Assert.Equal(["bert.encoder.layer.1.attention.self.query"], classifier.Adapters!.Layers);
        Assert.Throws<ArgumentException>(() => classifier.FineTune(Opinions(), null, Quick with { Recipe = recipe with { Epochs = 1, Adapter = new AdapterOptions { Kind = AdapterKind.Ia3 } } }));
        Assert.Throws<CheckpointException>(() => TextModelSource.FromFolder(Encoder, TextHead.SequenceClassification).WithAdapter(Encoder));
    }

    [Fact]
    public void The_share_of_trained_numbers_is_the_formulas()
    {
        foreach (var (width, layers, vocabulary) in new[] { (384, 6, 30522), (768, 12, 30522) })
        {
            using var model = PretrainedModel.Create(JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes($$"""
                {"architectures": ["BertForSequenceClassification"], "hidden_size": {{width}}, "num_hidden_layers": {{layers}}, "intermediate_size": {{4 * width}},
                 "vocab_size": {{vocabulary}}, "num_attention_heads": 12}
                """), "config.json"));
            model.IsHeadNew = true;
            var config = new AdapterOptions { Kind = AdapterKind.Lora, Rank = 8 }.ConfigFor(model, ["classifier.weight", "classifier.bias"]);
            var adapters = Adapters.Attach(model, config);
            // 2 maps a layer, r (in + out) each; the head's weight and bias
            Assert.Equal(layers * 2 * 8 * (width + width), adapters.AdapterParameters);
            Assert.Equal(2 * width + 2, adapters.SavedParameters);
            Assert.Equal(adapters.AdapterParameters + adapters.SavedParameters, new ParameterGroups(model).TrainableParameters);
        }
    }

    private static double[] Scores(TextClassifier classifier) => [.. classifier.Predict(Lines).Select(static answer => (double)answer.Score)];

    private static void Near(double[] expected, double[] actual)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5);
    }
}
