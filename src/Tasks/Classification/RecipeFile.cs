using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A fine-tuning as <c>graft.json</c> tells it.</summary>
internal static class RecipeFile
{
    public static FineTuneRecipe Of(Model model, ImageFineTuneOptions options, int batchSize, TrainingAugmentation augmentation)
    {
        var how = options.Recipe;
        int frozen = how.FrozenEpochsOn(model);
        return new FineTuneRecipe
        {
            Model = model.Name,
            Optimizer = how.Optimiser.Name,
            Epochs = how.Epochs,
            FrozenEpochs = frozen,
            BatchSize = batchSize,
            Seed = how.Seed,
            LearningRate = how.UnfrozenRateAfter(frozen),
            FrozenLearningRate = frozen > 0 ? how.LearningRate : null,
            LearningRateDecayPerStage = how.RateDecayPerStage == 1 ? null : how.RateDecayPerStage,
            Momentum = how.Momentum,
            WeightDecay = how.WeightDecay,
            LabelSmoothing = options.LabelSmoothing == 0 ? null : options.LabelSmoothing,
            GradientClipNorm = how.ClipNorm,
            FreezeBelow = how.FreezeBelow,
            Augmentation = augmentation,
        };
    }

    public static Dictionary<string, double> Metrics(FitReport report)
    {
        var metrics = new Dictionary<string, double> { ["steps"] = report.Steps, ["interrupted"] = report.Interrupted ? 1 : 0 };
        if (report.Epochs is [.., var last])
        {
            metrics["training_loss"] = last.Loss;
            if (last.Validation is { } validation)
            {
                metrics["accuracy"] = validation.Accuracy;
                metrics["loss"] = validation.Loss;
            }
        }
        return metrics;
    }
}
