namespace Graft.Peers;

/// <summary>What both sides of a training step agree on.</summary>
internal static class Training
{
    /// <summary>So small that thousands of steps on one random batch leave every number finite; the work is the same at any rate.</summary>
    public const float LearningRate = 1e-6f;

    public const float Momentum = 0.9f;
}
