namespace Graft.Tasks;

/// <summary>How many examples a step has and how many epochs there are, where nobody says: few examples make small steps and many epochs.</summary>
/// <param name="StepsAnEpoch">How many steps an epoch is to have.</param>
/// <param name="SmallestBatch">The fewest examples a step.</param>
/// <param name="LargestBatch">The most.</param>
/// <param name="StepsInAll">How many steps all epochs are to have.</param>
/// <param name="FewestEpochs">The fewest epochs.</param>
/// <param name="MostEpochs">The most.</param>
internal sealed record StepBudget(int StepsAnEpoch, int SmallestBatch, int LargestBatch, int StepsInAll, int FewestEpochs, int MostEpochs)
{
    /// <summary>Examples a step at most, for as many in all.</summary>
    /// <param name="asked">What was asked for; null for nothing.</param>
    /// <param name="examples">How many examples there are.</param>
    public int BatchSize(int? asked, int examples) => asked ?? Math.Clamp(examples / StepsAnEpoch, SmallestBatch, LargestBatch);

    /// <summary>Epochs for as many examples in all.</summary>
    /// <param name="asked">What was asked for; null for nothing.</param>
    /// <param name="examples">How many examples there are.</param>
    /// <param name="batchSize">How many a step has at most.</param>
    public int Epochs(int? asked, int examples, int batchSize)
    {
        if (asked is { } epochs) return epochs;
        // as many steps need no count where the epochs are settled
        if (FewestEpochs == MostEpochs) return FewestEpochs;
        int steps = Math.Max(1, new BatchPlan(examples, batchSize, even: true).Count);
        return Math.Clamp((StepsInAll + steps - 1) / steps, FewestEpochs, MostEpochs);
    }
}
