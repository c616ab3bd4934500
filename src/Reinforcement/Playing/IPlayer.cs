namespace Graft.Reinforcement;

/// <summary>Who says what is to be done.</summary>
public interface IPlayer
{
    /// <summary>The share that each action should have.</summary>
    /// <param name="observation">What is seen of one game.</param>
    /// <param name="shares">Receives a share for each action; they add up to 1.</param>
    void Shares(ReadOnlySpan<float> observation, Span<float> shares);
}
