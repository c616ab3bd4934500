using Graft.Models;

namespace Graft.Transfer;

/// <summary>Sets how often a model's residual branches are dropped (Huang et al. 2016), from hardly ever in the first block to a probability in the last, and back when it
/// is disposed of.</summary>
internal sealed class BranchDropping : IDisposable
{
    private readonly List<(StochasticDepth Layer, float Own)> layers;

    /// <param name="model">The model.</param>
    /// <param name="probability">That of the last block. The others keep their share of it; where the model has none they are on a line from 0, as torchvision's.</param>
    /// <exception cref="ArgumentException">The model drops no branches.</exception>
    public BranchDropping(Model model, double probability)
    {
        layers = [.. model.Descendants().OfType<StochasticDepth>().Distinct().Select(static layer => (layer, layer.Probability))];
        if (layers.Count == 0) throw new ArgumentException($"{model.Name} has no branches that are dropped (ConvNeXt, EfficientNet and Swin have): leave stochastic depth out");
        float largest = layers.Max(static entry => entry.Own);
        for (int i = 0; i < layers.Count; i++)
        {
            double share = largest > 0 ? layers[i].Own / largest : i / Math.Max(1.0, layers.Count - 1);
            layers[i].Layer.Probability = (float)(probability * share);
        }
    }

    public void Dispose()
    {
        foreach (var (layer, own) in layers) layer.Probability = own;
    }
}
