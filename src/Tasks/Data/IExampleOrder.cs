namespace Graft.Tasks;

/// <summary>What an epoch draws, where it is not each example once.</summary>
internal interface IExampleOrder
{
    /// <summary>The examples of an epoch in their order, as many as there are examples.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    int[] Epoch(int epoch);
}
