using Graft.Autograd;

namespace Graft.Reinforcement;

/// <summary>Makes an input of observations.</summary>
internal static class ObservationBatch
{
    /// <summary>Some rows of observations that lie one after the other.</summary>
    public static Variable Of(Pass pass, GameRow games, ReadOnlySpan<float> observations, ReadOnlySpan<int> rows)
    {
        float[] chosen = new float[rows.Length * games.Width];
        for (int i = 0; i < rows.Length; i++) observations.Slice(rows[i] * games.Width, games.Width).CopyTo(chosen.AsSpan(i * games.Width));
        return Of(pass, games, chosen);
    }

    /// <summary>All of them.</summary>
    public static Variable Of(Pass pass, GameRow games, ReadOnlySpan<float> observations)
    {
        var input = pass.Upload(GameRow.Batch(games.Observation, observations.Length / games.Width), observations);
        return pass.Constant(input.Shape.Rank == 4 ? pass.ChannelsLast(input) : input);
    }
}
