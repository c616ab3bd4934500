using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class ImageClassifierTests : IDisposable
{
    private static readonly string[] Colours = ["blue", "green", "red"];
    private static readonly ImageFineTuneOptions Short = new()
    {
        BatchSize = 8,
        Recipe = new FineTuneOptions { Epochs = 2, LearningRate = 0.05, Seed = 1 },
    };

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void It_learns_a_folder_with_classes_of_its_own_and_gives_the_same_bits_after_saving_and_loading()
    {
        string train = Pictures.Folder(folder, "train", 12, Colours), saved = folder["saved/x"][..^2];
        string picture = folder.Write("one.ppm", Pictures.Ppm(1, 99));
        var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        Assert.Equal("airplane", classifier.ClassNames[0]);

        var report = classifier.FineTune(train, Short with { BatchSize = 4, Recipe = Short.Recipe with { Epochs = 5, BatchNorm = BatchNormPolicy.FollowFreezing } });

        Assert.Equal(Colours, classifier.ClassNames);
        Assert.Equal(["head", .. Enumerable.Repeat("stem", 5)], report.Epochs.Select(epoch => epoch.LearningFrom));
        Assert.True(classifier.Evaluate(train).Accuracy > 0.9);
        Assert.Equal("green", classifier.Predict(picture).Label);

        classifier.Save(saved);
        var loaded = ImageClassifier.Load(saved, device);
        Assert.Equal(Colours, loaded.ClassNames);
        Assert.Equal(classifier.Metrics, loaded.Metrics);
        Assert.Equal(classifier.Predict(picture).Classes, loaded.Predict(picture).Classes);
        Assert.Equal(classifier.Features([picture]).Single(), loaded.Features([picture]).Single());
        Assert.Equal(classifier.Evaluate(train), loaded.Evaluate(train));
    }

    /// <summary>Several batches go through a captured pass, one batch and what is left over do not: nobody can tell.</summary>
    [Fact]
    public void Pictures_get_the_same_bits_together_and_batch_by_batch()
    {
        const int Batch = ImageClassifier.InferenceBatch;
        string[] files = [.. Enumerable.Range(0, 2 * Batch + 3).Select(number => folder.Write($"{number}.ppm", Pictures.Ppm(number % 3, number)))];
        var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        Assert.Equal(files.Chunk(Batch).SelectMany(part => classifier.Predict(part)).SelectMany(Answers), classifier.Predict(files).SelectMany(Answers));
        Assert.Equal(files.Chunk(Batch).SelectMany(part => classifier.Features(part)), classifier.Features(files));

        static IEnumerable<(string Path, string Label, double Probability)> Answers(Prediction prediction) =>
            prediction.Classes.Select(entry => (prediction.Path, entry.Label, entry.Probability));
    }

    [Fact]
    public void The_saved_folder_tells_the_recipe_and_the_base_checkpoint()
    {
        string weights = Pictures.Weights(folder), saved = folder["saved/x"][..^2];
        var classifier = ImageClassifier.FromPretrained(Pictures.Model, weights, device);
        classifier.FineTune(Pictures.Folder(folder, "train", 10, Colours), Short with { HeldOut = 0.2 });
        classifier.Save(saved);

        Assert.Equal(
            ["config.json", "graft.json", "import.json", "model.safetensors", "preprocessor_config.json"],
            Directory.EnumerateFileSystemEntries(saved).Select(path => Path.GetFileName(path)).Order());
        using var loaded = ImageClassifier.Load(saved, device);
        Assert.Equal(Provenance.Of(weights), loaded.Provenance);
        var recipe = loaded.Recipe!.Recipe;
        Assert.Equal((2, 1, 0.05, 1UL), (recipe.Epochs, recipe.FrozenEpochs, recipe.LearningRate, recipe.Seed));
        Assert.InRange(loaded.Metrics["accuracy"], 0, 1);
        Assert.Equal(new ImageSize(32, 32), ModelConfig.Read(Path.Combine(saved, "config.json")).ImageSize);
    }

    [Fact]
    public void A_saved_classifier_is_adapted_further_with_the_head_it_has_and_with_a_new_one_for_other_classes()
    {
        string saved = folder["saved/x"][..^2], train = Pictures.Folder(folder, "train", 8, Colours);
        var first = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder, 3), device);
        first.FineTune(train, Short);
        first.Save(saved);

        var same = ImageClassifier.Load(saved, device).FineTune(train, Short);
        Assert.Equal(["stem", "stem"], same.Epochs.Select(epoch => epoch.LearningFrom));
        var second = ImageClassifier.Load(saved, device);
        var other = second.FineTune(Pictures.Folder(folder, "other", 8, "left", "right"), Short);
        Assert.Equal("head", other.Epochs[0].LearningFrom);
        Assert.Equal(["left", "right"], second.ClassNames);
    }

    [Fact]
    public void A_trunk_frozen_below_the_head_keeps_every_byte()
    {
        var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        var before = Pictures.Snapshot(classifier.Model);
        var recipe = new FineTuneOptions { Epochs = 2, FreezeBelow = "head", WeightDecay = 0.1, ClipNorm = 0.5, LearningRate = 0.05 };
        var report = classifier.FineTune(Pictures.Folder(folder, "train", 8, Colours), Short with { Recipe = recipe });
        var after = Pictures.Snapshot(classifier.Model);
        Assert.All(before.Keys.Where(key => !key.StartsWith("linear", StringComparison.Ordinal)), key => Assert.Equal(before[key], after[key]));
        Assert.Equal(64 * 3 + 3, report.TrainableParameters);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_on_one_thread_and_two()
    {
        string train = Pictures.Folder(folder, "train", 8, Colours), weights = Pictures.Weights(folder);
        using var single = new CpuDevice(1);
        var snapshots = new[] { single, device }.Select(threads =>
        {
            var classifier = ImageClassifier.FromPretrained(Pictures.Model, weights, threads);
            classifier.FineTune(train, Short);
            return Pictures.Snapshot(classifier.Model);
        }).ToList();
        Assert.Equal(snapshots[0], snapshots[1]);
    }

    /// <summary>Other classes, so another head: who predicts meanwhile gets the answers of the old classifier or of the new one.</summary>
    [Fact]
    public async Task Predictions_beside_a_fine_tuning_are_those_of_the_classifier_before_or_after_it()
    {
        string train = Pictures.Folder(folder, "train", 8, Colours), picture = folder.Write("one.ppm", Pictures.Ppm(1, 99));
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        var before = classifier.Predict(picture).Classes;
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var seen = new HashSet<string>();
            while (!stop.IsCancellationRequested) seen.Add(string.Join("; ", classifier.Predict(picture).Classes));
            return seen;
        })).ToArray();
        InvalidOperationException? second = null;
        var progress = new Told(_ => second ??= Assert.Throws<InvalidOperationException>(() => classifier.FineTune(train, Short)));
        classifier.FineTune(train, Short, progress);
        await stop.CancelAsync();
        var answers = await Task.WhenAll(readers);
        var after = classifier.Predict(picture).Classes;
        Assert.Equal((10, 3), (before.Count, after.Count));
        HashSet<string> either = [string.Join("; ", before), string.Join("; ", after)];
        Assert.All(answers, answer => Assert.Subset(either, answer));
        Assert.Contains("is being fine-tuned already", second!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fine_tuning_that_is_cancelled_keeps_what_it_learnt_and_one_that_never_began_changes_nothing()
    {
        string train = Pictures.Folder(folder, "train", 8, Colours);
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        var before = classifier.Model;
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Equal(0, classifier.FineTune(train, Short, cancellation: cancelled.Token).Steps);
        Assert.Same(before, classifier.Model);
        Assert.Equal(10, classifier.ClassNames.Count);

        using var later = new CancellationTokenSource();
        var report = classifier.FineTune(train, Short, new Told(_ => later.Cancel()), later.Token);
        Assert.True(report.Interrupted);
        Assert.Equal(Colours, classifier.ClassNames);
    }

    [Fact]
    public void A_classifier_that_was_disposed_of_says_so()
    {
        string picture = folder.Write("one.ppm", Pictures.Ppm(1, 99));
        var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        classifier.Predict(picture);
        classifier.Dispose();
        var error = Assert.Throws<ObjectDisposedException>(() => classifier.Predict(picture));
        Assert.Contains("its model was disposed of", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Assumed_class_names_go_by_order_and_known_ones_by_name()
    {
        string train = Pictures.Folder(folder, "train", 4, Colours);
        var published = ImageClassifier.FromPretrained("cifar-resnet20", Pictures.Weights(folder, 3), device);
        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2"], published.ClassNames);
        Assert.Equal(12, published.Evaluate(train).Examples);

        published.FineTune(train, Short);
        var error = Assert.Throws<ImageException>(() => published.Evaluate(Pictures.Folder(folder, "other", 1, "green", "yellow")));
        Assert.Contains("does not know the class 'yellow'; it knows blue, green, red", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, published.Evaluate(Pictures.Folder(folder, "part", 4, "green")).Examples);
    }

    [Fact]
    public void Bad_options_and_folders_are_refused_before_anything_changes()
    {
        string train = Pictures.Folder(folder, "train", 2, Colours);
        var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        var before = classifier.Model;
        Assert.Throws<ImageException>(() => classifier.FineTune(folder["nowhere"], Short));
        Assert.Throws<ArgumentException>(() => classifier.FineTune(train, Short with { Recipe = new FineTuneOptions { FreezeBelow = "tail" } }));
        Assert.Throws<ArgumentOutOfRangeException>(() => classifier.FineTune(train, Short with { BatchSize = 0 }));
        Assert.Throws<ArgumentException>(() => classifier.FineTune(train, Short with { HeldOut = 0.5, Validation = train }));
        Assert.Throws<ArgumentException>(() => ImageClassifier.FromScratch("resnet19"));
        Assert.Throws<CheckpointException>(() => ImageClassifier.FromPretrained("resnet18", Pictures.Weights(folder)));
        Assert.Same(before, classifier.Model);
        Assert.Equal("airplane", classifier.ClassNames[0]);
    }

    [Fact]
    public void From_scratch_there_is_no_head_to_train_alone()
    {
        var report = ImageClassifier.FromScratch(Pictures.Model, device).FineTune(Pictures.Folder(folder, "train", 4, Colours), Short);
        Assert.Equal(["stem", "stem"], report.Epochs.Select(epoch => epoch.LearningFrom));
    }

    [Fact]
    public void A_folder_that_is_no_saved_classifier_is_refused_by_the_file_that_is_wrong()
    {
        var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        string saved = folder["saved/x"][..^2], config = Path.Combine(saved, "config.json");
        classifier.Save(saved);

        Assert.Contains("there is no such folder", Assert.Throws<CheckpointException>(() => ImageClassifier.Load(folder["nowhere"])).Message, StringComparison.Ordinal);
        string whole = File.ReadAllText(config);
        File.WriteAllText(config, whole.Replace(Pictures.Model, "resnet19", StringComparison.Ordinal));
        Assert.Contains("there is no model 'resnet19'", Assert.Throws<CheckpointException>(() => ImageClassifier.Load(saved)).Message, StringComparison.Ordinal);
        File.WriteAllText(config, whole.Replace(Pictures.Model, "cifar-resnet32", StringComparison.Ordinal));
        Assert.Contains("config.json is of 'cifar-resnet32'", Assert.Throws<CheckpointException>(() => ImageClassifier.Load(saved)).Message, StringComparison.Ordinal);
        File.WriteAllText(config, whole);
        File.Delete(Path.Combine(saved, "preprocessor_config.json"));
        Assert.Contains("preprocessor_config.json", Assert.Throws<CheckpointException>(() => ImageClassifier.Load(saved)).Message, StringComparison.Ordinal);
        Assert.Contains("is a file", Assert.Throws<CheckpointException>(() => classifier.Save(config)).Message, StringComparison.Ordinal);
    }

    private sealed class Told(Action<FitProgress> tell) : IProgress<FitProgress>
    {
        public void Report(FitProgress value) => tell(value);
    }
}
