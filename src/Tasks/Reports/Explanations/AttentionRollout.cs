using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Attention roll-out (Abnar and Zuidema 2020): how much of each token reaches the first one's state, by which a classifier judges, through all layers.</summary>
/// <remarks>A layer passes on half of what it has as it is (the residual) and half by its heads' mean attention; the layers' matrices are multiplied.</remarks>
public static class AttentionRollout
{
    /// <summary>Of one sequence.</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="batch">One sequence of T tokens.</param>
    /// <returns>T shares that add up to 1; null where the model has no attention.</returns>
    /// <exception cref="ArgumentException">The batch has more sequences than one, or the model does not take it.</exception>
    public static IReadOnlyList<double>? Of(TextModel model, Device device, TextBatch batch)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Sequences != 1) throw new ArgumentException($"attention is rolled out over one sequence, and there are {batch.Sequences}", nameof(batch));
        using var pass = Pass.Infer(device);
        var trace = new ForwardTrace();
        _ = model.Forward(pass, batch, trace);
        if (trace.Attentions.Count == 0) return null;
        return Of([.. trace.Attentions.Select(static layer => layer.Value.ToArray())], batch.Length);
    }

    /// <summary>Of each layer's attention [H, T, T], the first layer's first.</summary>
    internal static double[] Of(IReadOnlyList<float[]> layers, int tokens)
    {
        var row = new double[tokens];
        row[0] = 1;
        // the first row of the product, from the last layer down
        foreach (float[] layer in layers.Reverse())
        {
            int heads = layer.Length / (tokens * tokens);
            var below = new double[tokens];
            for (int from = 0; from < tokens; from++)
            {
                below[from] += row[from] / 2;
                for (int head = 0; head < heads; head++)
                    for (int to = 0; to < tokens; to++) below[to] += row[from] / 2 * layer[(head * tokens + from) * tokens + to] / heads;
            }
            row = below;
        }
        return row;
    }
}
