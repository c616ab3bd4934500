using Graft.Autograd;

namespace Graft.Models;

/// <summary>Normalises groups of channels of each example [N, C, ...] (Wu and He 2018; PyTorch's <c>GroupNorm</c>): <c>weight</c> [C],
/// <c>bias</c> [C].</summary>
public sealed class GroupNorm : Layer
{
    private readonly int groups;
    private readonly float epsilon;
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <summary>Makes a norm.</summary>
    /// <param name="groups">Into how many groups the channels fall.</param>
    /// <param name="channels">C.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <exception cref="ArgumentException">The channels do not fall into the groups.</exception>
    public GroupNorm(int groups, int channels, float epsilon = 1e-5f)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groups);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        if (channels % groups != 0) throw new ArgumentException($"group_norm: {channels} channels do not fall into {groups} groups of equal size");
        (this.groups, this.epsilon) = (groups, epsilon);
        weight = AddParameter("weight", [channels], Initialiser.Ones);
        bias = AddParameter("bias", [channels], Initialiser.Zeros);
    }

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) => x.GroupNorm(groups, x.Pass.Of(weight), x.Pass.Of(bias), epsilon);
}
