using Graft.Models;

namespace Graft.Transfer;

/// <summary>That what is frozen of a training's models stays as it is, watched over one fit.</summary>
internal sealed class FrozenContract : IDisposable
{
    private readonly FrozenWeights[] watches;

    public FrozenContract(IReadOnlyList<Model> models) => watches = [.. models.Select(FrozenWeights.Watch)];

    /// <summary>Takes up what was frozen since and lets go what was unfrozen.</summary>
    public void Renew()
    {
        foreach (var watch in watches) watch.Renew();
    }

    /// <exception cref="FrozenWeightsException">Something that is frozen changed.</exception>
    public void Check(string when)
    {
        foreach (var watch in watches) watch.Check(when);
    }

    public void Dispose()
    {
        foreach (var watch in watches) watch.Dispose();
    }
}
