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
    ImageModelSource source, LabelledImages training, LabelledImages test, ImageFineTuneOptions options, LabelledImages? old, Device device)
    : ClassifierSubject<ImageModel, ImagePreprocessing, ImageFineTuneOptions, LabelledImages>(source.State, training, test, old, options.Recipe, device)
{
    private const int Batch = 32;

    private readonly CpuDevice decoding = device as CpuDevice ?? (CpuDevice)Device.Cpu;

    public override string Task => "image-classification";

    public override string Data => TrainingSet.Root;

    public override string Test => TestSet.Root;

    public override IReadOnlyList<string> Classes => TrainingSet.ClassNames;

    public override int TrainingExamples => TrainingSet.Count;

    public override int Epochs => (options.Recipe.Epochs ?? FineTuneOptions.UsualEpochs) + FrozenEpochs;

    public override DomainMethodKind? Adaptation => options.Adaptation.Method == DomainMethodKind.SourceOnly ? null : options.Adaptation.Method;

    // a head that is new is so for every arm, so that all have as many epochs
    protected override int FrozenEpochs => options.Recipe.FrozenEpochs ?? (source.State.Labels.SequenceEqual(Classes) ? 0 : 1);

    protected override int OldClasses => source.State.Model.IsHeadNew ? 0 : source.State.Model.Classes;

    public override int FewestOfClass(double share, ulong seed)
    {
        var part = TrainingSet.Split(share, seed).Validation;
        return Fewest(Labels(part), Classes.Count);
    }

    public override IReadOnlyList<StageRows> Representations(Model model, int examples)
    {
        var network = (ImageModel)model;
        string[] stages = [.. network.Stages.SkipLast(1).Select(static stage => stage.Name)];
        if (stages.Length == 0) return [];
        var rows = stages.ToDictionary(static stage => stage, static _ => new List<float>());
        int left = examples;
        foreach (var batch in Loader(TestSet, Batch).Epoch(0))
        {
            using (batch)
            {
                using var pass = Pass.Infer(Device);
                foreach (var (stage, map) in network.FeatureMaps(batch.On(pass), stages))
                    rows[stage].AddRange(ImageFeatures.Pooled(map).Value.ToArray().AsSpan(0, Width(map) * Math.Min(left, batch.Count)));
                left -= batch.Count;
            }
            if (left <= 0) break;
        }
        return [.. stages.Select(stage => new StageRows(stage, [.. rows[stage]]))];
    }

    public override WorstExample Explain(TrainedArm arm, int example, int predicted, WorstExample plain)
    {
        var transforms = new ImageTransforms(source.State.Inputs);
        var picture = transforms.Prepare(TestSet.Load(example), TestSet.Name(example));
        using var image = decoding.Rent<float>([1, RgbImage.Channels, picture.Height, picture.Width], MemoryFormat.ChannelsLast);
        transforms.Write(picture, example, 0, ImageTransforms.Place(image, 0));
        ActivationMap? map = null;
        if (Device == decoding) map = GradCam.Of((ImageModel)arm.Model, Device, image, predicted);
        return plain with { Thumbnail = PictureThumbnails.Of(picture), Overlay = map is null ? null : PictureThumbnails.Of(picture, map) };
    }

    public override string Name(int example)
    {
        string name = TestSet.Name(example), root = Directory.Exists(TestSet.Root) ? TestSet.Root : Path.GetDirectoryName(TestSet.Root) ?? "";
        string within = root.Length == 0 ? name : Path.GetRelativePath(root, name);
        return within.StartsWith("..", StringComparison.Ordinal) ? name : within;
    }

    protected override int[] Labels(LabelledImages examples) => [.. Enumerable.Range(0, examples.Count).Select(examples.Label)];

    protected override LabelledImages Share(LabelledImages examples, double share, ulong seed) => examples.Split(share, seed).Validation;

    protected override Func<TaskModel<ImageModel, ImagePreprocessing, ImageFineTuneOptions>> Start(bool isFromScratch, ulong seed)
    {
        var own = isFromScratch ? source.FromScratch(seed) : source;
        return () => ImageClassifier.From(own, Device);
    }

    protected override FitReport FineTune(
        TaskModel<ImageModel, ImagePreprocessing, ImageFineTuneOptions> classifier, LabelledImages examples, FineTuneOptions own, bool isAdapted, IProgress<FitProgress> progress,
        CancellationToken cancellation) =>
        ((ImageClassifier)classifier).FineTune(examples, TestSet, options with
        {
            Recipe = own,
            HeldOut = 0,
            Validation = null,
            Adaptation = isAdapted ? options.Adaptation : new(),
        }, progress, cancellation);

    protected override ImageModel Remake(ImageModel model, int classes) => model.Remake(classes, seed: 0);

    protected override float[] Outputs(ImageModel model, LabelledImages examples, CancellationToken cancellation)
    {
        var rows = new List<float>();
        foreach (var (_, outputs) in ImageInference.Rows(model, Device, Loader(examples, ImageClassifier.InferenceBatch), cancellation)) rows.AddRange(outputs.Span);
        return [.. rows];
    }

    private ImageLoader Loader(LabelledImages pictures, int batch) =>
        new(pictures, source.State.Inputs, decoding, new ImageLoaderOptions { BatchSize = batch, CacheBytes = 0, Workers = decoding.Threads });

    private static int Width(Variable map) => map.Shape.Rank switch
    {
        4 => map.Shape[1],
        3 => map.Shape[2],
        _ => (int)(map.Shape.ElementCount / map.Shape[0]),
    };
}
