using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>BYOL (Grill et al. 2020): a perceptron predicts from one view what a slow average of the trunk and its projection makes of the other; nothing is compared with
/// other pictures.</summary>
/// <remarks>It does little, and may make all pictures alike, where batches are small: the batch norms of the perceptrons are what keeps pictures apart.</remarks>
public sealed class PredictedViews : PretrainingMethod, IDisposable
{
    private readonly Projector projector, predictor, slowProjector;
    private readonly ImageModel slow;
    private readonly SlowCopy copy;

    /// <summary>Makes the method for a trunk.</summary>
    /// <param name="trunk">The model whose trunk is to learn; of its architecture the average is made.</param>
    /// <param name="features">How many features it makes.</param>
    /// <param name="hidden">How wide the perceptrons are; the paper has 4,096 behind 2,048 features.</param>
    /// <param name="projected">How many numbers are predicted; 256 in the paper.</param>
    /// <param name="momentum">How much of the average the first steps keep; it rises to 1 along half a cosine. The paper has 0.996 for long trainings.</param>
    /// <exception cref="ArgumentOutOfRangeException">The momentum is not in [0, 1).</exception>
    public PredictedViews(ImageModel trunk, int features, int hidden = 512, int projected = 128, double momentum = 0.99)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        if (!(momentum is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "the momentum of an average lies in [0, 1)");
        projector = Add("projector", new Projector(features, hidden, projected));
        predictor = Add("predictor", new Projector(projected, hidden, projected));
        slowProjector = new Projector(features, hidden, projected);
        slow = trunk.Remake(trunk.Classes, trunk.Seed);
        slow.Freeze();
        slowProjector.Freeze();
        foreach (var norm in slow.Descendants().OfType<BatchNorm2d>()) norm.Policy = BatchNormPolicy.AlwaysBatchStatistics;
        var head = trunk.Stages[^1].Modules.SelectMany(static module => module.Parameters()).Select(static parameter => parameter.Name).ToHashSet();
        copy = new SlowCopy(
            [
                .. trunk.Parameters().Zip(slow.Parameters()).Where(pair => !head.Contains(pair.First.Name)),
                .. projector.Parameters().Zip(slowProjector.Parameters()),
            ], momentum);
    }

    /// <inheritdoc/>
    public override int Views => 2;

    /// <inheritdoc/>
    public override IReadOnlyList<TrainingObserver> Observers => [copy];

    /// <inheritdoc/>
    public override Variable Loss(ImageModel trunk, Variable pictures)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        ArgumentNullException.ThrowIfNull(pictures);
        var predicted = predictor.Forward(projector.Forward(trunk.Features(pictures)));
        var target = slowProjector.Forward(slow.Features(pictures)).Detach();
        int n = predicted.Shape[0] / Views;
        return PredictedView.Loss(predicted.Slice(0, 0, n), target.Slice(0, n, n)) + PredictedView.Loss(predicted.Slice(0, n, n), target.Slice(0, 0, n));
    }

    /// <summary>Gives the average's memory back.</summary>
    public void Dispose() => slow.Dispose();
}
