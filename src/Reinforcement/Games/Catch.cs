using Graft.Tensors;

namespace Graft.Reinforcement;

/// <summary>Balls fall, drift and bounce off the walls, and are to be caught with a paddle: a game of pixels [2, 24, 24], the picture now and the one before, after the Catch of
/// Mnih et al. 2014. A ball that is caught is worth 1, one that is missed -1.</summary>
public sealed class Catch : IGame
{
    /// <summary>Pixels a side.</summary>
    public const int Side = 24;

    private const int Plane = Side * Side, PaddleSpeed = 2, FastestDrift = 1;

    private readonly CatchLook look;
    private readonly float[] ground = new float[Plane], now = new float[Plane], before = new float[Plane];
    private RandomStream random;
    private int ball, x, y, drift, paddle;

    /// <summary>Makes a game.</summary>
    /// <param name="look">How it looks; null for <see cref="CatchLook.Plain"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Ball or paddle do not fit.</exception>
    public Catch(CatchLook? look = null)
    {
        this.look = look ?? CatchLook.Plain;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(this.look.Balls, nameof(look));
        ArgumentOutOfRangeException.ThrowIfNotEqual(this.look.Ball is > 0 and < Side / 2, true, nameof(look));
        ArgumentOutOfRangeException.ThrowIfNotEqual(this.look.Paddle is > 0 and < Side, true, nameof(look));
    }

    /// <inheritdoc/>
    public Shape Observation { get; } = [2, Side, Side];

    /// <inheritdoc/>
    public IReadOnlyList<string> Actions { get; } = ["left", "stay", "right"];

    /// <inheritdoc/>
    public int StepLimit => look.Balls * Side;

    /// <inheritdoc/>
    public void Reset(RandomStream random)
    {
        this.random = random;
        random.FillUniform(ground, 0, look.Ground, step: 1);
        (ball, paddle) = (0, (Side - look.Paddle) / 2);
        Drop();
        Paint();
        now.CopyTo(before, 0);
    }

    /// <inheritdoc/>
    public GameStep Step(int action)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(action);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(action, Actions.Count);
        paddle = Math.Clamp(paddle + PaddleSpeed * (action - 1), 0, Side - look.Paddle);
        y++;
        x += drift;
        if (x < 0 || x > Side - look.Ball)
        {
            drift = -drift;
            x += 2 * drift;
        }
        float reward = 0;
        if (y + look.Ball == Side)
        {
            reward = x + look.Ball > paddle && x < paddle + look.Paddle ? 1 : -1;
            ball++;
            if (ball < look.Balls) Drop();
        }
        now.CopyTo(before, 0);
        Paint();
        return new GameStep(reward, ball == look.Balls);
    }

    /// <inheritdoc/>
    public void Observe(Span<float> destination)
    {
        now.CopyTo(destination);
        before.CopyTo(destination[Plane..]);
    }

    /// <inheritdoc/>
    public GameFrame Draw()
    {
        var frame = new GameFrame(Side, Side);
        for (int row = 0; row < frame.Height; row++)
        {
            for (int column = 0; column < frame.Width; column++)
            {
                byte level = (byte)(255 * now[Side * row + column]);
                frame.Set(column, row, level, level, level);
            }
        }
        return frame;
    }

    private void Drop()
    {
        ulong at = 2 * (ulong)ball;
        x = random.Below(Side - look.Ball + 1, at);
        drift = random.Below(2 * FastestDrift + 1, at + 1) - FastestDrift;
        y = 0;
    }

    private void Paint()
    {
        ground.CopyTo(now, 0);
        if (ball < look.Balls)
            for (int row = y; row < y + look.Ball; row++) now.AsSpan(Side * row + x, look.Ball).Fill(look.Ink);
        now.AsSpan(Side * (Side - 1) + paddle, look.Paddle).Fill(look.Ink);
    }
}
