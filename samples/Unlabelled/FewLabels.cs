using Graft.Tasks;
using Graft.Tensors;

namespace Graft.Samples.Unlabelled;

/// <summary>Ten labels a class.</summary>
internal static class FewLabels
{
    private const int PerClass = 10, Epochs = 40;

    /// <summary>The share of the test that is right after fine-tuning the whole network: of a trunk, or from nothing.</summary>
    public static double Accuracy(string network, string? trunk, LabelledImages train, LabelledImages test, ulong seed, Device device)
    {
        using var classifier = trunk is null ? ImageClassifier.FromScratch(network, device, seed) : ImageClassifier.FromPretrained(network, trunk, device, seed: seed);
        var options = new ImageFineTuneOptions();
        classifier.FineTune(train.OfEachClass(PerClass, seed), null, options with { Recipe = options.Recipe with { Epochs = Epochs, Seed = seed } });
        return classifier.Evaluate(test).Accuracy;
    }
}
