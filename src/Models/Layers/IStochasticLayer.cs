namespace Graft.Models;

/// <summary>A layer that draws in training passes: dropout, stochastic depth, attention that drops probabilities.</summary>
public interface IStochasticLayer
{
    /// <summary>Whether it draws nothing, in training passes neither: the policy of a frozen part (<see cref="FrozenDropoutPolicy.Off"/>).</summary>
    bool IsSilenced { get; set; }
}
