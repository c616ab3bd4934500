using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A row of a table for each id (PyTorch's <c>Embedding</c>): <c>weight</c> [V, D].</summary>
public sealed class Embedding : Module
{
    private readonly int? paddingIndex;

    /// <param name="count">V.</param>
    /// <param name="width">D.</param>
    /// <param name="initialiser">The initialiser of the table.</param>
    /// <param name="paddingIndex">The id whose row gets no gradient from here; null for none.</param>
    public Embedding(int count, int width, Initialiser initialiser, int? paddingIndex = null)
    {
        this.paddingIndex = paddingIndex;
        Weight = AddParameter("weight", [count, width], initialiser);
    }

    /// <summary>[V, D].</summary>
    public Parameter Weight { get; }

    /// <summary>Refuses ids outside the table, naming the table, which the function cannot.</summary>
    /// <exception cref="ArgumentException">An id is outside the table.</exception>
    public void Require(ReadOnlySpan<int> ids)
    {
        int count = Weight.Shape[0];
        foreach (int id in ids)
            if ((uint)id >= (uint)count)
                throw new ArgumentException($"embedding: the id {id} is none of the {count} in the table, 0 ... {count - 1} (in {Key})");
    }

    /// <summary>The rows of <paramref name="ids"/>, all of which the table has: [leading..., D].</summary>
    public Variable Forward(Pass pass, Tensor<int> ids, Shape leading) => pass.Of(Weight).Embedding(ids, leading, paddingIndex);
}
