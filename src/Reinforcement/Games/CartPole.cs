using Graft.Tensors;

namespace Graft.Reinforcement;

/// <summary>A pole on a cart that is pushed left or right so that the pole stays up (Barto et al. 1983), with the constants of Gymnasium's <c>CartPole-v1</c>: each step is worth 1,
/// an episode has 500 at most, and a mean of 475 over 100 episodes counts as solved.</summary>
public sealed class CartPole : IGame
{
    private const double Gravity = 9.8, CartMass = 1, PoleMass = 0.1, HalfLength = 0.5, Force = 10, Seconds = 0.02;
    private const double TotalMass = CartMass + PoleMass, PoleMoment = PoleMass * HalfLength;
    private const double MostPosition = 2.4, MostAngle = 12 * 2 * Math.PI / 360, Begin = 0.05;

    private const int Width = 48, Height = 24;

    private double position, speed, angle, turning;

    /// <inheritdoc/>
    public Shape Observation { get; } = [4];

    /// <inheritdoc/>
    public IReadOnlyList<string> Actions { get; } = ["left", "right"];

    /// <inheritdoc/>
    public int StepLimit => 500;

    /// <inheritdoc/>
    public void Reset(RandomStream random)
    {
        Span<float> drawn = stackalloc float[4];
        random.FillUniform(drawn, (float)-Begin, (float)Begin);
        Set(drawn[0], drawn[1], drawn[2], drawn[3]);
    }

    /// <summary>Puts cart and pole where they are wanted.</summary>
    /// <param name="position">Where the cart is, in metres from the middle.</param>
    /// <param name="speed">In metres a second.</param>
    /// <param name="angle">How far the pole leans to the right, in radians.</param>
    /// <param name="turning">In radians a second.</param>
    public void Set(double position, double speed, double angle, double turning) =>
        (this.position, this.speed, this.angle, this.turning) = (position, speed, angle, turning);

    /// <inheritdoc/>
    public GameStep Step(int action)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(action);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(action, Actions.Count);
        var (sine, cosine) = Math.SinCos(angle);
        double push = ((action == 1 ? Force : -Force) + PoleMoment * turning * turning * sine) / TotalMass;
        double turn = (Gravity * sine - cosine * push) / (HalfLength * (4.0 / 3 - PoleMass * cosine * cosine / TotalMass));
        double acceleration = push - PoleMoment * turn * cosine / TotalMass;
        (position, speed) = (position + Seconds * speed, speed + Seconds * acceleration);
        (angle, turning) = (angle + Seconds * turning, turning + Seconds * turn);
        return new GameStep(1, Math.Abs(position) > MostPosition || Math.Abs(angle) > MostAngle);
    }

    /// <inheritdoc/>
    public void Observe(Span<float> destination) =>
        (destination[0], destination[1], destination[2], destination[3]) = ((float)position, (float)speed, (float)angle, (float)turning);

    /// <inheritdoc/>
    public GameFrame Draw()
    {
        var frame = new GameFrame(Width, Height);
        int ground = Height - 4, middle = (int)Math.Round((position / MostPosition + 1) / 2 * (Width - 1));
        for (int x = 0; x < Width; x++) frame.Set(x, ground + 2, 90, 90, 90);
        for (int y = ground; y < ground + 2; y++)
            for (int x = middle - 3; x <= middle + 3; x++) frame.Set(x, y, 80, 140, 220);
        for (int step = 0; step < ground; step++)
            frame.Set(middle + (int)Math.Round(step * Math.Sin(angle)), ground - 1 - (int)Math.Round(step * Math.Cos(angle)), 220, 160, 60);
        return frame;
    }
}
