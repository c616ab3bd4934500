using Graft.Tensors;

namespace Graft.Reinforcement;

/// <summary>A game that is played step by step: what is seen, what can be done, what it is worth (Gymnasium's <c>Env</c>).</summary>
/// <remarks>Used by one thread at a time. An episode is begun by <see cref="Reset"/> and ends where a step says so, or at <see cref="StepLimit"/>, which whoever plays counts
/// (Gymnasium's <c>TimeLimit</c>).</remarks>
public interface IGame
{
    /// <summary>The shape of what is seen: [4] numbers, or pictures [C, H, W].</summary>
    Shape Observation { get; }

    /// <summary>What can be done, by name; an action is its number.</summary>
    IReadOnlyList<string> Actions { get; }

    /// <summary>How many steps an episode has at most.</summary>
    int StepLimit { get; }

    /// <summary>Begins an episode.</summary>
    /// <param name="random">What the game draws from in it; the same stream is the same episode.</param>
    void Reset(RandomStream random);

    /// <summary>Does something.</summary>
    /// <param name="action">The number of an action.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such action.</exception>
    GameStep Step(int action);

    /// <summary>Writes what is seen now.</summary>
    /// <param name="destination">As many numbers as <see cref="Observation"/> has.</param>
    void Observe(Span<float> destination);

    /// <summary>Draws the game for a spectator.</summary>
    GameFrame Draw();
}

/// <summary>What came of a step.</summary>
/// <param name="Reward">What it was worth.</param>
/// <param name="IsOver">Whether the episode is over by the game's own rules.</param>
public readonly record struct GameStep(float Reward, bool IsOver);

/// <summary>A picture of a game: [height, width, 3] bytes, row by row.</summary>
public sealed class GameFrame
{
    /// <summary>A black picture.</summary>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    public GameFrame(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        (Width, Height, Pixels) = (width, height, new byte[3 * width * height]);
    }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Red, green and blue of each pixel.</summary>
    public byte[] Pixels { get; }

    /// <summary>Colours a pixel; one outside the picture is passed over.</summary>
    internal void Set(int x, int y, byte red, byte green, byte blue)
    {
        if ((uint)x >= (uint)Width || (uint)y >= (uint)Height) return;
        int at = 3 * (Width * y + x);
        (Pixels[at], Pixels[at + 1], Pixels[at + 2]) = (red, green, blue);
    }
}
