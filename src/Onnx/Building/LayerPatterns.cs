using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>The layers that rows of nodes are recognised as: each pattern looks at the node that it would begin with.</summary>
internal static class LayerPatterns
{
    public static readonly Func<ProgramBuilder, int, bool>[] All =
    [
        ConvolutionPattern.Match,
        NormPatterns.MatchBatchNorm,
        NormPatterns.MatchLayerNorm,
        NormPatterns.MatchWrittenLayerNorm,
        LinearPattern.Match,
        AttentionPattern.Match,
        MatchActivation,
    ];

    /// <summary>The key of a module by the names of its parameters: what stands before <c>.weight</c> or <c>.bias</c>, else the node's name, else the
    /// weight's.</summary>
    public static string KeyOf(GraphNode node, string weight, string bias = "")
    {
        if (weight.EndsWith(".weight", StringComparison.Ordinal)) return weight[..^".weight".Length];
        if (bias.EndsWith(".bias", StringComparison.Ordinal)) return bias[..^".bias".Length];
        return node.Name.Length > 0 ? node.Name : weight;
    }

    /// <summary>An activation written as several nodes, alone.</summary>
    private static bool MatchActivation(ProgramBuilder builder, int start)
    {
        var node = builder.Nodes[start];
        foreach (string input in node.Inputs)
        {
            if (input.Length == 0 || builder.Constant(input) is not null) continue;
            var found = ActivationPattern.Composed(builder, input);
            if (found is null || found.Nodes.Min() != start) continue;
            builder.Replace(found.Nodes, new ActivationStep
            {
                Activation = found.Activation,
                Inputs = [builder.Slot(input)],
                Outputs = [builder.Slot(found.Output)],
                Described = $"{found.Activation.Name} that makes '{Printable.Text(found.Output)}'",
            });
            return true;
        }
        return false;
    }
}

/// <summary>An activation behind a value.</summary>
/// <param name="Activation">It.</param>
/// <param name="Nodes">The nodes that are it.</param>
/// <param name="Output">What it makes.</param>
internal sealed record ActivationFound(Activation Activation, int[] Nodes, string Output);
