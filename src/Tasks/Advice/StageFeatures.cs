namespace Graft.Tasks;

/// <summary>What every stage of a trunk makes of examples, pooled, from one pass over them: what scores of transferability are measured on.</summary>
/// <param name="Stages">The stages, stem first.</param>
/// <param name="Rows">The features of each stage: a row [D] an example. Feature maps are averaged over their plane, tokens over the text.</param>
/// <param name="Examples">Which examples the rows are of; those that could not be read are not among them.</param>
/// <param name="Probabilities">What the head that the model came with answers, a row an example; null where it has none.</param>
public sealed record StageFeatures(
    IReadOnlyList<string> Stages, IReadOnlyList<IReadOnlyList<float[]>> Rows, IReadOnlyList<int> Examples, IReadOnlyList<float[]>? Probabilities)
{
    internal static float[] Softmax(ReadOnlySpan<float> scores) => [.. ImageInference.LogSoftmax(scores).Select(static value => (float)Math.Exp(value))];
}
