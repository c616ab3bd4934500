namespace Graft.Tensors;

/// <summary>A loop over several tensors of one shape, whatever their strides: axes in the order of the first tensor's memory,
/// those that can run as one merged. Where all are dense alike one loop is left.</summary>
internal unsafe struct LoopNest
{
    public const int MaximumOperands = 5;

    private fixed int lengths[Shape.MaximumRank];
    private fixed int steps[Shape.MaximumRank * MaximumOperands];
    private int rank;

    public LoopNest(Shape shape, params ReadOnlySpan<Strides> operands)
    {
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (shape[axis] == 1) continue;
            // insert so that the first operand's steps fall from outer to inner
            int at = rank++;
            for (; at > 0 && steps[at - 1] < operands[0][axis]; at--) Move(at - 1, at, operands.Length);
            lengths[at] = shape[axis];
            for (int operand = 0; operand < operands.Length; operand++)
                steps[operand * Shape.MaximumRank + at] = operands[operand][axis];
        }
        if (rank == 0)
        {
            rank = 1;
            lengths[0] = 1;
        }
        for (int inner = rank - 1; inner > 0; inner--)
            if (CanMerge(inner, operands.Length)) Merge(inner, operands.Length);
        Inner = lengths[rank - 1];
        Count = 1;
        for (int axis = 0; axis < rank; axis++) Count *= lengths[axis];
    }

    /// <summary>The length of the innermost loop.</summary>
    public nint Inner { get; }

    /// <summary>The number of all elements.</summary>
    public nint Count { get; }

    /// <summary>The innermost step of an operand.</summary>
    public readonly int InnerStep(int operand) => steps[operand * Shape.MaximumRank + rank - 1];

    /// <summary>Where an operand's innermost loop of the given number begins.</summary>
    public readonly nint Offset(int operand, nint row)
    {
        nint offset = 0;
        for (int axis = rank - 2; axis >= 0; axis--)
        {
            nint rest = row / lengths[axis];
            offset += (row - rest * lengths[axis]) * steps[operand * Shape.MaximumRank + axis];
            row = rest;
        }
        return offset;
    }

    private void Move(int from, int to, int operands)
    {
        lengths[to] = lengths[from];
        for (int operand = 0; operand < operands; operand++)
            steps[operand * Shape.MaximumRank + to] = steps[operand * Shape.MaximumRank + from];
    }

    private readonly bool CanMerge(int inner, int operands)
    {
        for (int operand = 0; operand < operands; operand++)
        {
            int at = operand * Shape.MaximumRank + inner;
            if (steps[at - 1] != (long)steps[at] * lengths[inner]) return false;
        }
        return true;
    }

    private void Merge(int inner, int operands)
    {
        int merged = lengths[inner - 1] * lengths[inner];
        Move(inner, inner - 1, operands);
        lengths[inner - 1] = merged;
        for (int axis = inner + 1; axis < rank; axis++) Move(axis, axis - 1, operands);
        rank--;
    }
}
