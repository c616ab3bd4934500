using Graft.Reinforcement;
using Graft.Tensors;

namespace Graft.Samples.Games;

/// <summary>The pole, by every method, until the last 100 episodes are good enough.</summary>
internal static class Pole
{
    public static IReadOnlyList<string> Arms { get; } = [.. PolicyMethodKind.All.Select(static kind => kind.Name)];

    public static Result Run(string arm, ulong seed, long frames, Device device)
    {
        var (game, method) = (GameKind.CartPole, PolicyMethodKind.Named(arm));
        using var model = game.Network(method.HasValue, seed);
        var report = PolicyTraining.Run(model, game, new PolicyTrainingOptions { Method = method, Frames = frames, StopAt = game.Solved, Seed = seed }, device);
        return Tests.Of(arm, seed, model, game, report, report.GoodAt, frames, device);
    }
}
