namespace Graft.Reinforcement;

/// <summary>How <see cref="Catch"/> looks and plays: the same game in another coat, to which what was learnt of one is moved.</summary>
public sealed record CatchLook
{
    /// <summary>White on black, a paddle of five pixels.</summary>
    public static CatchLook Plain { get; } = new();

    /// <summary>Grey on a speckled ground that changes from episode to episode, a wider ball and a narrower paddle.</summary>
    public static CatchLook Speckled { get; } = new() { Ground = 0.35f, Ink = 0.8f, Ball = 3, Paddle = 4 };

    /// <summary>The brightest that a pixel of the ground is; each is drawn anew for an episode, uniformly from 0.</summary>
    public float Ground { get; init; }

    /// <summary>How bright ball and paddle are.</summary>
    public float Ink { get; init; } = 1;

    /// <summary>The ball's width and height in pixels.</summary>
    public int Ball { get; init; } = 2;

    /// <summary>The paddle's width in pixels.</summary>
    public int Paddle { get; init; } = 5;

    /// <summary>How many balls fall in an episode, one after the other.</summary>
    public int Balls { get; init; } = 10;
}
