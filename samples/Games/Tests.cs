using Graft.Models;
using Graft.Reinforcement;
using Graft.Tensors;

namespace Graft.Samples.Games;

/// <summary>What a network is worth after it has learnt.</summary>
internal static class Tests
{
    private const int Episodes = 100, Parts = 20;
    private const ulong Seed = 12345;

    public static Result Of(string arm, ulong seed, ImageModel model, GameKind game, PolicyReport report, long? needed, long frames, Device device)
    {
        using var player = new Player(model, game.Create(), device);
        var curve = new double?[Parts];
        foreach (var part in report.Episodes.GroupBy(episode => Math.Min(Parts - 1, (int)((episode.Frame - 1) * Parts / frames))))
            curve[part.Key] = part.Average(static episode => episode.Return);
        return new Result(arm, seed, player.Play(game.Create(), Episodes, Seed).Average(), needed, report.Frames, report.Seconds, curve);
    }
}
