using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Each example once an epoch, in an order that several loaders share whatever else they draw.</summary>
internal sealed class ShuffledOrder(int count, ulong seed) : IExampleOrder
{
    /// <inheritdoc/>
    public int[] Epoch(int epoch) => new RandomStream(seed, "shuffle").Permutation(count, (ulong)epoch);
}
