using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Pictures of classes.</summary>
/// <param name="source">The published weights.</param>
/// <param name="training">What is learnt from.</param>
/// <param name="test">What is tested on, under the same class numbers.</param>
/// <param name="options">The recipe.</param>
/// <param name="old">Pictures of the task that the weights were trained for, under its class numbers; null for none.</param>
/// <param name="device">Where to compute.</param>
internal sealed class ImageSubject(
    ImageModelSource source, LabelledImages training, LabelledImages test, ImageFineTuneOptions options, LabelledImages? old, Device device) : ComparisonSubject
{
    private const int Batch = 32;

    private readonly CpuDevice decoding = device as CpuDevice ?? (CpuDevice)Device.Cpu;

    private float[]? oldOutputs;

    public override string Task => "image-classification";

    public override string Data => training.Root;

    public override string Test => test.Root;

    public override string Model => source.State.Model.Name;

    public override string Weights => source.State.Manifest.Provenance?.FileName ?? Model;

    public override IReadOnlyList<string> Classes => training.ClassNames;

    public override int TrainingExamples => training.Count;

    public override int[] TestLabels => [.. Enumerable.Range(0, test.Count).Select(test.Label)];

    public override Device Device => device;

    public override ulong Seed => options.Recipe.Seed;

    public override int Epochs => (options.Recipe.Epochs ?? FineTuneOptions.UsualEpochs) + FrozenEpochs;

    // a head that is new is so for every arm, so that all have as many epochs
    private int FrozenEpochs => options.Recipe.FrozenEpochs ?? (source.State.Labels.SequenceEqual(Classes) ? 0 : 1);

    public override int FewestOfClass(double share, ulong seed)
    {
        var part = training.Split(share, seed).Validation;
        return Fewest([.. Enumerable.Range(0, part.Count).Select(part.Label)], Classes.Count);
    }

    public override TrainedArm Train(TransferArm arm, ulong seed, double? share, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var examples = share is { } part ? training.Split(part, seed).Validation : training;
        var own = arm.IsFromScratch ? source.FromScratch(seed) : source;
        var recipe = arm.On(options.Recipe with { Seed = seed });
        recipe = recipe with { FrozenEpochs = recipe.FrozenEpochs ?? FrozenEpochs };
        var classifier = ImageClassifier.From(own, device);
        var report = classifier.FineTune(examples, test, options with { Recipe = recipe, HeldOut = 0, Validation = null }, progress, cancellation);
        // what is compared is the model, and not how it is kept
        if (classifier.Adapters is not null && report.Steps > 0) classifier.MergeAdapters();
        return new TrainedArm(
            arm, report.Steps > 0 ? classifier : new NothingHeld(), classifier.Model, report, examples.Count, () => ImageClassifier.From(own, device).StartOf(Classes, seed));
    }

    public override float[] Logits(TrainedArm arm, CancellationToken cancellation) => Outputs((ImageModel)arm.Model, test, cancellation);

    public override IReadOnlyList<StageRows> Representations(Model model, int examples)
    {
        var network = (ImageModel)model;
        string[] stages = [.. network.Stages.SkipLast(1).Select(static stage => stage.Name)];
        if (stages.Length == 0) return [];
        var rows = stages.ToDictionary(static stage => stage, static _ => new List<float>());
        int left = examples;
        foreach (var batch in Loader(test, Batch).Epoch(0))
        {
            using (batch)
            {
                using var pass = Pass.Infer(device);
                foreach (var (stage, map) in network.FeatureMaps(batch.On(pass), stages))
                    rows[stage].AddRange(Pooled(map).Value.ToArray().AsSpan(0, Width(map) * Math.Min(left, batch.Count)));
                left -= batch.Count;
            }
            if (left <= 0) break;
        }
        return [.. stages.Select(stage => new StageRows(stage, [.. rows[stage]]))];
    }

    public override Forgetting? Forgotten(TrainedArm arm, CancellationToken cancellation)
    {
        var before = source.State.Model;
        if (arm.Arm.IsFromScratch || before.IsHeadNew || before.Classes < 2 || source.State.Labels.SequenceEqual(Classes)) return null;
        using var now = before.Remake(before.Classes, seed: 0);
        now.CopyWeightsFrom(before);
        now.CopyWeightsFrom(arm.Model, includeHead: false);
        now.IsHeadNew = false;
        var forgetting = Compare(oldOutputs ??= Outputs(before, test, cancellation), Outputs(now, test, cancellation), before.Classes);
        if (old is null) return forgetting;
        int[] labels = [.. Enumerable.Range(0, old.Count).Select(old.Label)];
        return forgetting with
        {
            AccuracyBefore = Right(Outputs(before, old, cancellation), labels, before.Classes),
            AccuracyAfter = Right(Outputs(now, old, cancellation), labels, before.Classes),
        };
    }

    public override WorstExample Explain(TrainedArm arm, int example, int predicted, WorstExample plain)
    {
        var transforms = new ImageTransforms(source.State.Inputs);
        var picture = transforms.Prepare(test.Load(example), test.Name(example));
        using var image = decoding.Rent<float>([1, RgbImage.Channels, picture.Height, picture.Width], MemoryFormat.ChannelsLast);
        transforms.Write(picture, example, 0, ImageTransforms.Place(image, 0));
        ActivationMap? map = null;
        if (device == decoding) map = GradCam.Of((ImageModel)arm.Model, device, image, predicted);
        return plain with { Thumbnail = PictureThumbnails.Of(picture), Overlay = map is null ? null : PictureThumbnails.Of(picture, map) };
    }

    public override string Name(int example)
    {
        string name = test.Name(example), root = Directory.Exists(test.Root) ? test.Root : Path.GetDirectoryName(test.Root) ?? "";
        string within = root.Length == 0 ? name : Path.GetRelativePath(root, name);
        return within.StartsWith("..", StringComparison.Ordinal) ? name : within;
    }

    private float[] Outputs(ImageModel model, LabelledImages pictures, CancellationToken cancellation)
    {
        var rows = new List<float>();
        foreach (var (_, outputs) in ImageInference.Rows(model, device, Loader(pictures, ImageClassifier.InferenceBatch), cancellation)) rows.AddRange(outputs.Span);
        return [.. rows];
    }

    private ImageLoader Loader(LabelledImages pictures, int batch) =>
        new(pictures, source.State.Inputs, decoding, new ImageLoaderOptions { BatchSize = batch, CacheBytes = 0, Workers = decoding.Threads });

    /// <summary>A row an example: the mean over the plane or the tokens.</summary>
    private static Variable Pooled(Variable map) => map.Shape.Rank switch
    {
        4 => map.Mean(2, 3),
        3 => map.Mean(1),
        _ => map,
    };

    private static int Width(Variable map) => map.Shape.Rank switch
    {
        4 => map.Shape[1],
        3 => map.Shape[2],
        _ => (int)(map.Shape.ElementCount / map.Shape[0]),
    };
}
