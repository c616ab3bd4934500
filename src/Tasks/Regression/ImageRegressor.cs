using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Regression: predicts values from pictures; the loss is their mean squared error (PyTorch's <c>MSELoss</c>).</summary>
/// <remarks>Targets are learnt as they are: standardise them first. Threads may share it as the remarks on
/// <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
public sealed class ImageRegressor : ImageTask<ImageTargets, float[]>
{
    private ImageRegressor(ImageModelSource source, Device? device) : base(source, device)
    {
    }

    /// <summary>Takes a model whose head is to be replaced: published weights, or random initial values.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    public static ImageRegressor From(ImageModelSource source, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new(source.For(ProblemTypes.Regression), device);
    }

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is of another task.</exception>
    public static ImageRegressor Load(string folder, Device? device = null) => new(ImageModelSource.Saved(folder, ProblemTypes.Regression), device);

    /// <inheritdoc/>
    protected override IReadOnlyList<string> LabelsOf(ImageTargets data) => data.Names;

    /// <inheritdoc/>
    protected override Variable Loss(Variable outputs, ImageTargets data, IReadOnlyList<int> examples, ImageFineTuneOptions options) =>
        outputs.MeanSquaredError([.. examples.SelectMany(example => data.Targets(example).ToArray())]);

    /// <inheritdoc/>
    protected override Evaluation Measure(ImageTargets data, IEnumerable<(int Example, ReadOnlyMemory<float> Outputs)> outputs)
    {
        int examples = 0;
        double sum = 0;
        foreach (var (example, numbers) in outputs)
        {
            var targets = data.Targets(example);
            for (int i = 0; i < targets.Length; i++) sum += Math.Pow(numbers.Span[i] - targets[i], 2) / targets.Length;
            examples++;
        }
        return new Evaluation(examples, new Metrics((Transfer.Metrics.Loss, sum / Math.Max(1, examples))));
    }

    /// <inheritdoc/>
    protected override float[] Answer(string name, ReadOnlyMemory<float> outputs, IReadOnlyList<string> labels) => outputs.ToArray();
}
