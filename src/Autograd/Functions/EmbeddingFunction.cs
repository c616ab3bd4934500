using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y[...] = table[ids[...]]. table: [V, D], y: [..., D] (PyTorch's <c>embedding</c>).</summary>
internal static class EmbeddingFunction
{
    /// <summary>Looks rows up; their gradients add up in the order of the ids.</summary>
    /// <param name="table">The rows [V, D].</param>
    /// <param name="ids">A row index for each element of <paramref name="leading"/>.</param>
    /// <param name="leading">The axes before D.</param>
    /// <param name="paddingIndex">A row that gets no gradient (PyTorch's <c>padding_idx</c>).</param>
    public static Variable Apply(Variable table, ReadOnlySpan<int> ids, Shape leading, int? paddingIndex = null)
    {
        RequireTable(table, paddingIndex);
        if (leading.ElementCount != ids.Length)
            ShapeException.Throw("embedding", $"ids [{ids.Length}] do not fit {leading}", $"{leading} has {leading.ElementCount} elements");
        int rows = table.Shape[0];
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)rows)
                throw new ArgumentException(
                    $"embedding: id {ids[i]} at place {i} is not one of the table's {rows} rows 0 ... {rows - 1}; does the tokeniser belong to the model?");
        }
        return Apply(table, table.Pass.Upload([ids.Length], ids), leading, paddingIndex);
    }

    /// <summary>Refuses a table that is none, and a padding index beyond it.</summary>
    public static void RequireTable(Variable table, int? paddingIndex)
    {
        if (table.Shape.Rank != 2) ShapeException.Throw("embedding", $"table {table.Shape}", "the table has to be [V, D]");
        int rows = table.Shape[0];
        if (paddingIndex is { } padding && (uint)padding >= (uint)rows)
            throw new ArgumentException($"embedding: padding index {padding} is not one of the table's {rows} rows 0 ... {rows - 1}");
    }

    /// <summary>Of ids on the pass's device, which the caller has checked to be rows of the table.</summary>
    public static Variable Apply(Variable table, Tensor<int> indices, Shape leading, int? paddingIndex)
    {
        var pass = table.Pass;
        int width = table.Shape[1];
        var y = pass.Rent([(int)indices.ElementCount, width]);
        if (table.Weight?.Lines is { } matrix) pass.Device.Gather(matrix, indices, y);
        else pass.Device.Gather(pass.Contiguous(table.Value), indices, y);
        var shaped = y.Reshape(leading.Append(width));
        return table.NeedsGradient ? pass.Record(shaped, new EmbeddingNode(table, indices, paddingIndex)) : pass.Untracked(shaped);
    }

    private sealed class EmbeddingNode : Node
    {
        private readonly int input;
        private readonly Shape shape;
        private readonly Tensor<int> indices;
        private readonly int? paddingIndex;

        public EmbeddingNode(Variable table, Tensor<int> indices, int? paddingIndex)
        {
            (input, shape, this.paddingIndex) = (table.Slot, table.Shape, paddingIndex);
            this.indices = Save(indices);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dtable = run.Rent(shape);
            run.Device.GatherBackward(run.Contiguous(dy).Reshape([indices.Shape[0], shape[1]]), indices, dtable);
            if (paddingIndex is { } padding) run.Device.Fill(dtable.Slice(0, padding, 1), 0f);
            run.Add(input, dtable);
        }
    }
}
