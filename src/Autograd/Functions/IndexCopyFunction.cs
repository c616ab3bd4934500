using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>destination[b, :, positions[b] + t, :] = source[b, :, t, :], in place: new keys and values into a cache that outlives the
/// pass (JAX's <c>dynamic_update_slice</c> for each sequence; PyTorch's <c>index_copy_</c>).</summary>
internal static class IndexCopyFunction
{
    /// <summary>Overwrites rows of the destination. A position beyond its end is skipped. No gradient goes through.</summary>
    /// <param name="source">[B, H, T, D].</param>
    /// <param name="positions">Where the rows of each sequence begin [B]; where the pass computes, so that a captured pass reads them
    /// anew in every run.</param>
    /// <param name="destination">[B, H, S, D], in any memory order with the values of a row contiguous.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="InvalidOperationException">The source needs a gradient.</exception>
    public static void Apply(Variable source, Tensor<int> positions, Tensor<float> destination)
    {
        Shape from = source.Shape, to = destination.Shape;
        if (from.Rank != 4 || to.Rank != 4 || from[0] != to[0] || from[1] != to[1] || from[3] != to[3])
            ShapeException.Throw(
                "index_copy", $"source {from} does not fit destination {to}",
                "both have to be [sequences, heads, tokens, head size], equal but for the tokens");
        if (positions.Shape != new Shape([from[0]]))
            ShapeException.Throw("index_copy", $"positions {positions.Shape} do not fit source {from}", $"there has to be one for each of {from[0]} sequences");
        if (to[3] > 1 && destination.Strides[3] != 1)
            ShapeException.Throw("index_copy", $"destination {to}", "the values of a row have to be contiguous");
        if (source.NeedsGradient)
            throw new InvalidOperationException("index_copy: a cache keeps no gradient: write to it in a pass of inference, or what is frozen");
        var pass = source.Pass;
        pass.Device.IndexCopy(source.Value.Strides[3] == 1 ? source.Value : pass.Contiguous(source.Value), positions, destination);
    }
}
