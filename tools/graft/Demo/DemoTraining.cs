using Graft.Tasks;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.CommandLine.Demo;

/// <summary>Training on drawn pictures: the same for pretraining and for every arm of the demo.</summary>
internal static class DemoTraining
{
    /// <summary>The architecture of the embedded weights.</summary>
    public const string Architecture = "cifar-resnet20";

    /// <summary>Bytes to [-2, 2]; training shifts each picture by up to two pixels.</summary>
    private static readonly ImagePreprocessing Preprocessing = new()
    {
        CropSize = new ImageSize(DrawnTask.Side, DrawnTask.Side),
        Mean = new RgbValues(0.5f, 0.5f, 0.5f),
        StandardDeviation = new RgbValues(0.25f, 0.25f, 0.25f),
        Augmentation = new TrainingAugmentation { CropPadding = 2 },
    };

    /// <summary>A classifier of drawn pictures, with the weights of a checkpoint or with initial values from a seed.</summary>
    public static ImageClassifier Begin(Device device, ulong seed, Checkpoint? weights = null)
    {
        var source = weights is null ? ImageModelSource.Scratch(Architecture, seed) : ImageModelSource.Pretrained(Architecture, weights, seed);
        var classifier = ImageClassifier.From(source, device);
        classifier.Preprocessing = Preprocessing;
        return classifier;
    }

    /// <summary>Trains a classifier on pictures; what the seed decides is their order and their shifts.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static FitReport Train(
        ImageClassifier classifier, LabelledImages pictures, int batchSize, FineTuneOptions recipe,
        IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        var report = classifier.FineTune(pictures, null, new ImageFineTuneOptions { BatchSize = batchSize, Recipe = recipe }, progress, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return report;
    }
}
