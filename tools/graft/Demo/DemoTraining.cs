using Graft.Tasks;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.CommandLine.Demo;

/// <summary>Training and scoring on drawn pictures: the same for pretraining and for every arm of the demo.</summary>
internal static class DemoTraining
{
    /// <summary>The architecture of the embedded weights.</summary>
    public const string Architecture = "cifar-resnet20";

    private const int ScoringBatch = 100;

    /// <summary>Bytes to [-2, 2]; training shifts each picture by up to two pixels.</summary>
    private static readonly ImagePreprocessing Preprocessing = new()
    {
        CropSize = new ImageSize(DrawnTask.Side, DrawnTask.Side),
        Mean = new RgbValues(0.5f, 0.5f, 0.5f),
        StandardDeviation = new RgbValues(0.25f, 0.25f, 0.25f),
        Augmentation = new TrainingAugmentation { CropPadding = 2 },
    };

    /// <summary>Trains a model on pictures; what the seed decides is their order and their shifts.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static FitReport Train(
        ImageModel model, Device device, LabelledImages pictures, int batchSize, FineTuneOptions recipe,
        IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        var options = new ImageLoaderOptions { BatchSize = batchSize, Training = true, Seed = recipe.Seed };
        var batches = new ImageLoader(pictures, Preprocessing, MemoryOf(device), options);
        var report = new FineTuner(model, device, recipe)
            .FineTune(new ImageTrainingSet(model, batches, pictures, labelSmoothing: 0), validate: null, progress, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return report;
    }

    /// <summary>Counts how many pictures a model puts into their class.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Evaluation Evaluate(ImageModel model, Device device, LabelledImages pictures, CancellationToken cancellation = default)
    {
        var batches = new ImageLoader(pictures, Preprocessing, MemoryOf(device), new ImageLoaderOptions { BatchSize = ScoringBatch });
        return ImageInference.Evaluate(model, device, batches, pictures, cancellation);
    }

    /// <summary>Where batches are made: in the device's own memory if that is the CPU's.</summary>
    private static CpuDevice MemoryOf(Device device) => device as CpuDevice ?? (CpuDevice)Device.Cpu;
}
