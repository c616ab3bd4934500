using Graft.Models;
using Graft.Reinforcement;
using Graft.Tensors;

namespace Graft.Samples.Games;

/// <summary>A game of pixels, from nothing and from a trunk that has imitated a player of the game in another coat.</summary>
internal static class Pixels
{
    private const string Scratch = "from scratch", Frozen = "imitation, frozen", FineTuned = "imitation, fine-tuned";
    private const double Enough = 6;
    private const int TeacherFrames = 300_000, PupilFrames = 32_000;

    // the player that is imitated is the same for all seeds
    private static ImageModel? teacher;

    public static IReadOnlyList<string> Arms { get; } = [Scratch, Frozen, FineTuned];

    public static Result Run(string arm, ulong seed, long frames, Device device)
    {
        var (game, former) = (GameKind.SpeckledCatch, GameKind.Catch);
        using var model = game.Network(hasValue: true, seed);
        if (arm != Scratch)
        {
            teacher ??= Teacher(former, device);
            Imitate(model, former, teacher, seed, device);
            // the head is new, as in every transfer
            using var trunk = game.Network(hasValue: true, seed);
            trunk.CopyWeightsFrom(model, includeHead: false);
            model.CopyWeightsFrom(trunk);
            if (arm == Frozen) model.Freeze("convolution*");
        }
        var report = PolicyTraining.Run(model, game, new PolicyTrainingOptions { Frames = frames, Seed = seed }, device);
        return Tests.Of(arm, seed, model, game, report, report.FramesTo(Enough), frames, device);
    }

    private static ImageModel Teacher(GameKind game, Device device)
    {
        var model = game.Network(hasValue: true, seed: 99);
        var report = PolicyTraining.Run(model, game, new PolicyTrainingOptions { Frames = TeacherFrames, Seed = 99 }, device);
        Console.Error.WriteLine($"the player that is imitated: {report.Return:0.0} in {report.Seconds:0} s");
        return model;
    }

    private static void Imitate(ImageModel model, GameKind game, ImageModel teacher, ulong seed, Device device)
    {
        using var player = new Player(teacher, game.Create(), device);
        PolicyTraining.Imitate(model, game, player, new PolicyTrainingOptions { Frames = PupilFrames, Games = 32, Seed = seed }, device);
    }
}
