using Graft.Tasks;
using Graft.Tensors;

namespace Graft.Samples.TransferTable;

/// <summary>One arm on pictures.</summary>
internal static class ImageRun
{
    public static RunResult Make(Case found, CaseSize size, Arm arm, ulong seed, Device device)
    {
        var pictures = LabelledImages.Open(found.Train, DataUse.Training);
        if (size.PerClass > 0) pictures = pictures.OfEachClass(size.PerClass, seed);
        var source = ImageModelSource.Open(found.Model, new ImageModelOptions { Weights = found.Weights, Preprocess = found.Preprocess, Seed = seed });
        using var classifier = ImageClassifier.From(arm.FromScratch ? source.FromScratch(seed) : source, device);
        var options = new ImageFineTuneOptions();
        var report = classifier.FineTune(pictures, null, options with { Recipe = arm.Change(options.Recipe with { Epochs = size.Epochs, Seed = seed }) });
        var evaluation = classifier.Evaluate(found.Test);
        return new RunResult(found.Name, size.Title, arm.Name, seed, evaluation.Accuracy, report.Seconds, report.TrainableParameters);
    }
}
