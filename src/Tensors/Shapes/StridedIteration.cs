namespace Graft.Tensors;

/// <summary>A loop over several tensors of one shape, whatever their strides: axes in the order of the first tensor's memory, from outer
/// to inner, those that can run as one merged. Where all are dense alike one loop is left.</summary>
/// <remarks>What NumPy's <c>nditer</c> and PyTorch's <c>TensorIterator</c> call coalescing. Kernels of the CPU run over it row by row
/// (<see cref="RowOffset"/>); a device that numbers its elements makes an index of its axes.</remarks>
public unsafe struct StridedIteration
{
    /// <summary>How many tensors an iteration may run over.</summary>
    public const int MaximumOperands = 6;

    private fixed int lengths[Shape.MaximumRank];
    private fixed int steps[Shape.MaximumRank * MaximumOperands];

    /// <summary>An iteration over all elements of a shape.</summary>
    /// <param name="shape">The lengths of the axes; an axis of length 1 is left out.</param>
    /// <param name="operands">Each tensor's strides over these axes, 0 where it repeats (<see cref="Tensor{T}.StridesOver"/>); the first
    /// one's memory sets the order.</param>
    public StridedIteration(Shape shape, params ReadOnlySpan<Strides> operands)
    {
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (shape[axis] == 1) continue;
            // insert so that the first operand's steps fall from outer to inner
            int at = Rank++;
            for (; at > 0 && steps[at - 1] < operands[0][axis]; at--) CopyAxis(at - 1, at, operands.Length);
            lengths[at] = shape[axis];
            for (int operand = 0; operand < operands.Length; operand++)
                steps[operand * Shape.MaximumRank + at] = operands[operand][axis];
        }
        if (Rank == 0)
        {
            Rank = 1;
            lengths[0] = 1;
        }
        for (int inner = Rank - 1; inner > 0; inner--)
            if (CanMerge(inner, operands.Length)) Merge(inner, operands.Length);
        Inner = lengths[Rank - 1];
        Count = 1;
        for (int axis = 0; axis < Rank; axis++) Count *= lengths[axis];
    }

    /// <summary>How many axes are left after merging; at least one.</summary>
    public int Rank { get; private set; }

    /// <summary>The length of the innermost loop: of a row.</summary>
    public nint Inner { get; }

    /// <summary>The number of all elements.</summary>
    public nint Count { get; }

    /// <summary>The length of an axis; axis 0 is outermost.</summary>
    public readonly int Length(int axis) => lengths[axis];

    /// <summary>How many elements a step along an axis moves an operand.</summary>
    public readonly int Step(int operand, int axis) => steps[operand * Shape.MaximumRank + axis];

    /// <summary>An operand's step along a row.</summary>
    public readonly int InnerStep(int operand) => steps[operand * Shape.MaximumRank + Rank - 1];

    /// <summary>How far from an operand's first element its row of the given number begins.</summary>
    public readonly nint RowOffset(int operand, nint row)
    {
        nint offset = 0;
        for (int axis = Rank - 2; axis >= 0; axis--)
        {
            nint rest = row / lengths[axis];
            offset += (row - rest * lengths[axis]) * steps[operand * Shape.MaximumRank + axis];
            row = rest;
        }
        return offset;
    }

    private void CopyAxis(int from, int to, int operands)
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
        CopyAxis(inner, inner - 1, operands);
        lengths[inner - 1] = merged;
        for (int axis = inner + 1; axis < Rank; axis++) CopyAxis(axis, axis - 1, operands);
        Rank--;
    }
}
