namespace Graft.Tensors;

/// <summary>An elementwise formula of up to four inputs: what forward and backward of every op come down to.</summary>
internal interface IFormula
{
    /// <summary>Bit i says that input i is read; the others come in as zero.</summary>
    static abstract int Reads { get; }

    S Apply<S>(S in0, S in1, S in2, S in3) where S : unmanaged, ILane<S>;
}

/// <summary>y = op(x).</summary>
internal readonly struct UnaryForward<TOp>(TOp op) : IFormula where TOp : unmanaged, IUnaryOp
{
    public static int Reads => 0b1;

    public S Apply<S>(S in0, S in1, S in2, S in3) where S : unmanaged, ILane<S> => op.Forward(in0);
}

/// <summary>dx = dy * op'(x, y), of (dy, x, y).</summary>
internal readonly struct UnaryBackward<TOp>(TOp op) : IFormula where TOp : unmanaged, IUnaryOp
{
    public static int Reads => 0b1 | (TOp.Saves.HasFlag(Saves.Input) ? 0b10 : 0) | (TOp.Saves.HasFlag(Saves.Output) ? 0b100 : 0);

    public S Apply<S>(S in0, S in1, S in2, S in3) where S : unmanaged, ILane<S> => in0 * op.Derivative(in1, in2);
}

/// <summary>y = op(a, b).</summary>
internal readonly struct BinaryForward<TOp>(TOp op) : IFormula where TOp : unmanaged, IBinaryOp
{
    public static int Reads => 0b11;

    public S Apply<S>(S in0, S in1, S in2, S in3) where S : unmanaged, ILane<S> => op.Forward(in0, in1);
}

/// <summary>The left input's gradient, of (dy, a, b, y).</summary>
internal readonly struct BinaryBackwardLeft<TOp>(TOp op) : IFormula where TOp : unmanaged, IBinaryOp
{
    public static int Reads => 0b1 | (TOp.Saves.HasFlag(Saves.Input) ? 0b110 : 0) | (TOp.Saves.HasFlag(Saves.Output) ? 0b1000 : 0);

    public S Apply<S>(S in0, S in1, S in2, S in3) where S : unmanaged, ILane<S> => op.BackwardLeft(in0, in1, in2, in3);
}

/// <summary>The right input's gradient, of (dy, a, b, y).</summary>
internal readonly struct BinaryBackwardRight<TOp>(TOp op) : IFormula where TOp : unmanaged, IBinaryOp
{
    public static int Reads => BinaryBackwardLeft<TOp>.Reads;

    public S Apply<S>(S in0, S in1, S in2, S in3) where S : unmanaged, ILane<S> => op.BackwardRight(in0, in1, in2, in3);
}

public sealed partial class CpuDevice
{
    public override void Map<TOp>(TOp op, Tensor<float> x, Tensor<float> y) => Elementwise(new UnaryForward<TOp>(op), y, x);

    public override void MapBackward<TOp>(TOp op, Tensor<float> dy, Tensor<float>? x, Tensor<float>? y, Tensor<float> dx) =>
        Elementwise(new UnaryBackward<TOp>(op), dx, dy, x, y);

    public override void Zip<TOp>(TOp op, Tensor<float> a, Tensor<float> b, Tensor<float> y) =>
        Elementwise(new BinaryForward<TOp>(op), y, a, b);

    public override void ZipBackward<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? a, Tensor<float>? b, Tensor<float>? y, Tensor<float>? da, Tensor<float>? db)
    {
        if (da is not null) Elementwise(new BinaryBackwardLeft<TOp>(op), da, dy, a, b, y);
        if (db is not null) Elementwise(new BinaryBackwardRight<TOp>(op), db, dy, a, b, y);
    }

    public override unsafe void Fill(Tensor<float> destination, float value)
    {
        // one number, read again for each element
        var kernel = new CopyKernel<float>(new StridedIteration(destination.Shape, destination.Strides, default), &value, destination.Pointer());
        workers.Run(kernel, kernel.Count, stepsPerItem: 2);
        destination.Memory.Invalidate();
        KeepAlive(destination);
    }

    private unsafe void Elementwise<TFormula>(
        TFormula formula, Tensor<float> output, Tensor<float>? in0, Tensor<float>? in1 = null, Tensor<float>? in2 = null, Tensor<float>? in3 = null)
        where TFormula : unmanaged, IFormula
    {
        var kernel = new ElementwiseKernel<TFormula>(formula, output, in0, in1, in2, in3);
        workers.Run(kernel, kernel.Count, stepsPerItem: 2);
        output.Memory.Invalidate();
        KeepAlive(output, in0, in1, in2, in3);
    }
}

/// <summary>One sweep over the output: 16 or 8 elements a step, the remainder through the scalar lane, which gives the same
/// bits because the formula is the same. An input that does not run along with the output (broadcast, transposed) is staged
/// in a small block first.</summary>
internal readonly unsafe struct ElementwiseKernel<TFormula> : IRangeKernel where TFormula : unmanaged, IFormula
{
    private const int Block = 256;

    private readonly TFormula formula;
    private readonly StridedIteration iteration;
    private readonly float* output;
    private readonly float* in0;
    private readonly float* in1;
    private readonly float* in2;
    private readonly float* in3;

    public ElementwiseKernel(
        TFormula formula, Tensor<float> output, Tensor<float>? in0, Tensor<float>? in1, Tensor<float>? in2, Tensor<float>? in3)
    {
        this.formula = formula;
        this.output = output.Pointer();
        iteration = new StridedIteration(output.Shape, output.Strides,
            Along(output, in0, 0), Along(output, in1, 1), Along(output, in2, 2), Along(output, in3, 3));
        this.in0 = in0.PointerOrNull();
        this.in1 = in1.PointerOrNull();
        this.in2 = in2.PointerOrNull();
        this.in3 = in3.PointerOrNull();
    }

    public nint Count => iteration.Count;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        float* staging = stackalloc float[4 * Block];
        bool staged = IsStaged(0) || IsStaged(1) || IsStaged(2) || IsStaged(3);
        for (nint at = begin; at < end;)
        {
            nint row = at / iteration.Inner;
            nint column = at - row * iteration.Inner;
            nint length = Math.Min(iteration.Inner - column, end - at);
            if (staged) length = Math.Min(length, Block);
            Sweep<S>(
                output + iteration.RowOffset(0, row) + column,
                Input(0, in0, row, column, length, staging),
                Input(1, in1, row, column, length, staging + Block),
                Input(2, in2, row, column, length, staging + 2 * Block),
                Input(3, in3, row, column, length, staging + 3 * Block),
                length);
            at += length;
        }
    }

    private void Sweep<S>(float* y, float* x0, float* x1, float* x2, float* x3, nint length) where S : unmanaged, IVectorLane<S>
    {
        nint i = 0;
        for (; i + S.Width <= length; i += S.Width) S.Store(At<S>(x0 + i, x1 + i, x2 + i, x3 + i), y + i);
        for (; i < length; i++) Lane1.Store(At<Lane1>(x0 + i, x1 + i, x2 + i, x3 + i), y + i);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    private S At<S>(float* x0, float* x1, float* x2, float* x3) where S : unmanaged, IVectorLane<S> => formula.Apply(
        (TFormula.Reads & 1) != 0 ? S.Load(x0) : S.Splat(0f),
        (TFormula.Reads & 2) != 0 ? S.Load(x1) : S.Splat(0f),
        (TFormula.Reads & 4) != 0 ? S.Load(x2) : S.Splat(0f),
        (TFormula.Reads & 8) != 0 ? S.Load(x3) : S.Splat(0f));

    /// <summary>The input's numbers for a stretch of the output, contiguous: in place, or copied to staging.</summary>
    private float* Input(int input, float* start, nint row, nint column, nint length, float* staging)
    {
        if ((TFormula.Reads & (1 << input)) == 0) return null;
        int step = iteration.InnerStep(input + 1);
        float* from = start + iteration.RowOffset(input + 1, row) + column * step;
        if (!IsStaged(input)) return from;
        if (step == 0) new Span<float>(staging, (int)length).Fill(*from);
        else
            for (nint i = 0; i < length; i++) staging[i] = from[i * step];
        return staging;
    }

    private bool IsStaged(int input) => (TFormula.Reads & (1 << input)) != 0 && iteration.Inner > 1 && iteration.InnerStep(input + 1) != 1;

    /// <summary>An input's strides over the output's axes: 0 where it repeats.</summary>
    private static Strides Along(Tensor<float> output, Tensor<float>? input, int index)
    {
        if ((TFormula.Reads & (1 << index)) == 0) return default;
        return input!.Shape == output.Shape ? input.Strides : input.StridesOver(output.Shape);
    }
}
