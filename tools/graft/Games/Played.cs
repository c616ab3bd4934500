using System.Text.Json;
using Graft.Reinforcement;

namespace Graft.CommandLine;

/// <summary>What came of learning and playing a game.</summary>
/// <param name="Game">The game.</param>
/// <param name="Learnt">What came of learning it; null where it was only played.</param>
/// <param name="Returns">Of the episodes that were played in the end.</param>
/// <param name="Saved">Where the network was saved; null for nowhere.</param>
internal sealed record Played(GameKind Game, PolicyReport? Learnt, IReadOnlyList<double> Returns, string? Saved)
{
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("game", Game.Name);
        if (Learnt is not null)
        {
            writer.WriteNumber("frames", Learnt.Frames);
            writer.WriteNumber("seconds", Learnt.Seconds);
            writer.WriteNumber("episodes_learnt_from", Learnt.Episodes.Count);
            if (Learnt.GoodAt is { } good) writer.WriteNumber("good_at", good);
            else writer.WriteNull("good_at");
        }
        writer.WriteNumber("episodes", Returns.Count);
        if (Returns.Count > 0) writer.WriteNumber("return", Returns.Average());
        writer.WriteBoolean("solved", Returns.Count > 0 && Returns.Average() >= Game.Solved);
        writer.WriteString("out", Saved);
    }

    public void Tell(TextWriter output)
    {
        if (Learnt is not null)
            output.WriteLine($"{Game}: {Tables.Count(Learnt.Frames)} steps of {Tables.Count(Learnt.Episodes.Count)} episodes in {Tables.Seconds(Learnt.Seconds)}");
        if (Returns.Count > 0)
        {
            output.WriteLine(FormattableString.Invariant(
                $"{Game}: {Returns.Average():0.0} a game, {Returns.Min():0.0} to {Returns.Max():0.0} of {Returns.Count}; solved at {Game.Solved:0.0}"));
        }
        if (Saved is not null) output.WriteLine($"saved in {Printable.Whole(Saved)}: play {Game} --weights {Printable.Whole(Saved)} plays with it");
    }
}
