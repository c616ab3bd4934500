using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Graft.Transfer;
using Manifest = Graft.Tasks.ModelManifest<Graft.Tasks.ImageFineTuneOptions>;

namespace Graft.Tasks.Tests;

public sealed class SavedFilesTests
{
    [Fact]
    public void Any_class_names_survive_the_file() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyArray<NonNull<string>>>(), names =>
        {
            // JSON carries Unicode; a lone surrogate is none
            string[] classNames = [.. names.Get.Select(name => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name.Get)))];
            var config = new ModelConfig { Model = "resnet18", Labels = classNames, ImageSize = new ImageSize(224, 192) };
            var read = ModelConfig.Parse(config.Format(), "config.json");
            Assert.Equal(classNames, read.Labels);
            Assert.Equal((config.Model, config.ImageSize), (read.Model, read.ImageSize));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_config_of_Hugging_Faces_is_read_and_keeps_what_is_not_known()
    {
        const string json = """
            {"architectures": ["ResNetForImageClassification"], "depths": [3, 4], "id2label": {"10": "k", "0": "a", "1": "b", "2": "c", "3": "d",
             "4": "e", "5": "f", "6": "g", "7": "h", "8": "i", "9": "j"}, "label2id": {"a": 0, "k": 10}, "model_type": "resnet", "image_size": 224}
            """;
        var config = Parse(json);
        Assert.Equal("resnet", config.Model);
        Assert.Equal("abcdefghijk", string.Concat(config.Labels));
        Assert.Equal(new ImageSize(224, 224), config.ImageSize);
        var again = ModelConfig.Parse(config.Format(), "config.json");
        Assert.Equal("[3, 4]", again.Other["depths"].GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal).Replace(",", ", ", StringComparison.Ordinal));
        Assert.Equal("convnext", Parse("""{"architectures": ["convnext"], "id2label": {"0": "x"}}""").Model);
    }

    [Theory]
    [InlineData("""{"model_type": "x"}""", "'id2label' is missing")]
    [InlineData("""{"id2label": {"0": "a"}}""", "'model_type' is missing")]
    [InlineData("""{"model_type": 5, "id2label": {"0": "a"}}""", "'model_type' is 5, not a text")]
    [InlineData("""{"model_type": "x", "id2label": {}}""", "names no class")]
    [InlineData("""{"model_type": "x", "id2label": {"0": "a", "2": "b"}}""", "'id2label.1' is missing")]
    [InlineData("""{"model_type": "x", "id2label": {"0": "a", "00": "b"}}""", "'id2label.00' is there twice")]
    [InlineData("""{"model_type": "x", "id2label": {"zero": "a"}}""", "'id2label.zero' is not a class number")]
    [InlineData("""{"model_type": "x", "id2label": {"99999999": "a"}}""", "is not a class number")]
    [InlineData("""{"model_type": "x", "id2label": {"0": 3}}""", "'id2label.0' is 3, not a text")]
    [InlineData("""{"model_type": "x", "id2label": {"0": "a"}, "label2id": {"a": 1}}""", "contradicts 'id2label'")]
    [InlineData("""{"model_type": "x", "id2label": {"0": "a"}, "num_labels": 2}""", "'num_labels' is 2, but 'id2label' names 1")]
    [InlineData("""{"model_type": "x", "id2label": {"0": "a"}, "image_size": [1]}""", "'image_size' is [1], not")]
    [InlineData("""{"model_type": "x", "id2label": {"0": "a"}, "image_size": 0}""", "'image_size' is 0, not")]
    [InlineData("", "is no JSON")]
    public void A_malformed_config_is_refused(string json, string problem)
    {
        string message = Assert.Throws<CheckpointException>(() => Parse(json)).Message;
        Assert.StartsWith("config.json: ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_survives_the_file()
    {
        using var folder = new TemporaryFolder();
        string weights = folder.Write("base.safetensors", "abc"u8);
        var recipe = new ImageFineTuneOptions
        {
            Recipe = new FineTuneOptions
            {
                Epochs = 7,
                FrozenEpochs = 1,
                LearningRate = 0.02,
                RateDecayPerStage = 2.6,
                FreezeBelow = "layer3",
                Optimiser = OptimiserKind.AdamW,
                Momentum = 0.8,
                WeightDecay = 1e-5,
                ClipNorm = 1,
                BatchNorm = BatchNormPolicy.AlwaysRunningStatistics,
                Seed = ulong.MaxValue,
            },
            BatchSize = 64,
            LabelSmoothing = 0.1f,
            HeldOut = 0.2,
            Validation = "somewhere",
            Augmentation = TrainingAugmentation.ImageNet,
        };
        var manifest = new Manifest
        {
            Provenance = Provenance.Of(weights),
            Recipe = new SavedRecipe<ImageFineTuneOptions>("resnet18", recipe),
            Metrics = new Dictionary<string, double> { ["accuracy"] = 0.875, ["loss"] = 0.1 + 0.2 },
        };
        var read = Parsed(Format(manifest));
        Assert.Equal(manifest.GraftVersion, read.GraftVersion);
        Assert.Equal(new Provenance("base.safetensors", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), read.Provenance);
        Assert.Equal(("resnet18", recipe), (read.Recipe!.Model, read.Recipe.Options));
        Assert.Equal(manifest.Metrics, read.Metrics);
    }

    /// <summary>Version 0.1 wrote the rate of the frozen epochs apart, left out a decay of 1 and said nothing of batch norms.</summary>
    [Fact]
    public void A_recipe_of_an_older_version_is_read()
    {
        var options = Parsed("""
            {"graft_version": "0.1.0", "recipe": {"model": "resnet18", "optimizer": "sgd", "epochs": 5, "frozen_epochs": 1, "batch_size": 64, "seed": 3,
             "learning_rate": 0.01, "frozen_learning_rate": 0.02, "momentum": 0.9, "weight_decay": 0.0001, "batch_norm": "always-stored"}}
            """).Recipe!.Options;
        Assert.Equal((0.02, 1d, 1, 64), (options.Recipe.LearningRate, options.Recipe.RateDecayPerStage, options.Recipe.FrozenEpochs, options.BatchSize));
        Assert.Equal(BatchNormPolicy.AlwaysRunningStatistics, options.Recipe.BatchNorm);
    }

    [Fact]
    public void A_manifest_of_a_later_version_keeps_what_is_new()
    {
        var manifest = Parsed("""{"graft_version": "9", "adapter": {"rank": 8}, "recipe": {"model": "m", "epochs": 1, "batch_size": 2, "seed": 0, "learning_rate": 1e-3, "warp": true}, "metrics": {"loss": null}}""");
        var again = Parsed(Format(manifest));
        Assert.Equal(8, again.Other["adapter"].GetProperty("rank").GetInt32());
        Assert.True(again.Recipe!.Other["warp"].GetBoolean());
        Assert.Empty(again.Metrics);
    }

    [Fact]
    public void A_figure_that_is_no_number_does_not_break_the_file()
    {
        var manifest = new Manifest { Metrics = new Dictionary<string, double> { ["loss"] = double.NaN, ["accuracy"] = 0.5 } };
        Assert.Equal(["accuracy"], Parsed(Format(manifest)).Metrics.Keys);
    }

    [Theory]
    [InlineData("""{}""", "'graft_version' is missing")]
    [InlineData("""{"graft_version": "1", "recipe": {"model": "m"}}""", "'recipe.epochs' is missing")]
    [InlineData("""{"graft_version": "1", "recipe": {"model": "m", "epochs": 1, "batch_size": 2, "seed": -1}}""", "'recipe.seed' is -1, not a whole number from 0 up")]
    [InlineData("""{"graft_version": "1", "recipe": {"model": "m", "epochs": 1, "optimizer": "cubic"}}""", "'recipe.optimizer' is \"cubic\", not sgd")]
    [InlineData("""{"graft_version": "1", "base_checkpoint": {"file": "f", "sha256": "12"}}""", "'base_checkpoint.sha256' is not 64 hexadecimal digits")]
    [InlineData("""{"graft_version": "1", "metrics": {"loss": "low"}}""", "'metrics.loss' is \"low\", not a number")]
    public void A_malformed_manifest_is_refused(string json, string problem) =>
        Assert.Contains(problem, Assert.Throws<CheckpointException>(() => Parsed(json)).Message, StringComparison.Ordinal);

    private static ModelConfig Parse(string json) => ModelConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");

    private static Manifest Parsed(string json) => Manifest.Read(JsonFile.Parse(Encoding.UTF8.GetBytes(json), "graft.json"), ImageRecipe.Options);

    private static string Format(Manifest manifest) => Encoding.UTF8.GetString(JsonFile.Format(writer => manifest.Write(writer, ImageRecipe.Options)));
}
