using System.ComponentModel.DataAnnotations;

namespace Graft.Samples.Embedding;

/// <summary>The section <c>Classifier</c> of the configuration.</summary>
internal sealed class ClassifierOptions
{
    public const string Section = "Classifier";

    /// <summary>A folder that <c>ImageClassifier.Save</c> or <c>graft fine-tune</c> wrote.</summary>
    public string? Folder { get; set; }

    /// <summary>Instead of a folder: an architecture, as <c>resnet18</c>, whose <see cref="Weights"/> were published.</summary>
    public string? Model { get; set; }

    /// <summary>The published weights of <see cref="Model"/>: a file or folder, safetensors or PyTorch's.</summary>
    public string? Weights { get; set; }

    /// <summary>Where a fine-tuned classifier is saved before it answers; null keeps it in memory alone.</summary>
    public string? SaveTo { get; set; }

    /// <summary>The folder below which the pictures of a fine-tuning have to lie: a request names no other part of the disk.</summary>
    public string? TrainingRoot { get; set; }

    /// <summary>Predictions that are computed at the same time; more of them wait.</summary>
    [Range(1, 1024)]
    public int SimultaneousPredictions { get; set; } = Environment.ProcessorCount;

    /// <summary>Predictions that may wait; one more is refused with 503.</summary>
    [Range(0, 100_000)]
    public int WaitingPredictions { get; set; } = 64;

    /// <summary>Bytes of a request's body at most; more are refused with 413.</summary>
    [Range(1024L, 1L << 30)]
    public long LargestUpload { get; set; } = 10 << 20;
}
