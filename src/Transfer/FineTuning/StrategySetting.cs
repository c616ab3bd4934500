namespace Graft.Transfer;

/// <summary>What a <see cref="FineTuneStrategy"/> makes its phases of.</summary>
/// <param name="Stages">The stages that may learn, from stem to head: those from <see cref="FineTuneOptions.FreezeBelow"/> on that have
/// parameters which are not frozen by name. At least one.</param>
/// <param name="FrozenEpochs">The epochs that fastai's <c>fine_tune</c> trains the head alone.</param>
/// <param name="Epochs">The epochs after them.</param>
/// <param name="RateDecayPerStage">What a rate is divided by from a stage to the one below it.</param>
/// <param name="HeadRateFactor">What the rate is multiplied by where the head learns alone.</param>
public sealed record StrategySetting(
    IReadOnlyList<string> Stages, int FrozenEpochs, int Epochs, double RateDecayPerStage, double HeadRateFactor)
{
    /// <summary>The epochs of the whole run, the same for every strategy, so that they may be compared.</summary>
    public int TotalEpochs => FrozenEpochs + Epochs;

    /// <summary>The last stage, alone.</summary>
    public IReadOnlyList<string> Head => [Stages[^1]];
}
