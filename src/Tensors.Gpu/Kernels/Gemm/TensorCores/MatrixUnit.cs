using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.IR.Values;

namespace Graft.Tensors.Gpu;

/// <summary>A lane's share of the sums of 16 rows and 8 columns: two neighbours in a row, and the two eight rows below.</summary>
internal readonly struct SumFragment(float c0, float c1, float c2, float c3)
{
    public readonly float C0 = c0, C1 = c1, C2 = c2, C3 = c3;
}

/// <summary>A lane's share of 16 rows of eight words: words w and w + 4 of rows r and r + 8, in the order in which the instruction takes them.</summary>
internal readonly struct LeftFragment(int a0, int a1, int a2, int a3)
{
    public readonly int A0 = a0, A1 = a1, A2 = a2, A3 = a3;
}

/// <summary>A lane's share of 8 columns of eight words: words w and w + 4 of a column.</summary>
internal readonly struct RightFragment(int b0, int b1)
{
    public readonly int B0 = b0, B1 = b1;
}

/// <summary>What tensor cores multiply: numbers of fewer bits, one or two to a word of 32.</summary>
internal interface IMatrixFormat
{
    /// <summary>How many neighbouring terms make a word.</summary>
    static abstract int TermsPerWord { get; }

    /// <summary>The word of a term, or of two.</summary>
    static abstract int Word(float first, float second);

    /// <summary>sums + left * right over the terms of eight words, by all lanes of a warp together.</summary>
    static abstract SumFragment MultiplyAdd(LeftFragment left, RightFragment right, SumFragment sums);
}

/// <summary>TensorFloat-32: a float of which 10 bits of the fraction are left.</summary>
internal readonly struct TensorFloat32 : IMatrixFormat
{
    public static int TermsPerWord => 1;

    public static int Word(float first, float second) => MatrixUnit.RoundToTensorFloat(first);

    public static SumFragment MultiplyAdd(LeftFragment left, RightFragment right, SumFragment sums) => MatrixUnit.MultiplyAddTensorFloat(
        left.A0, left.A1, left.A2, left.A3, right.B0, right.B1, sums.C0, sums.C1, sums.C2, sums.C3);
}

/// <summary>bfloat16: the upper half of a float.</summary>
internal readonly struct BrainFloat16 : IMatrixFormat
{
    public static int TermsPerWord => 2;

    public static int Word(float first, float second) => MatrixUnit.RoundToBrainFloats(first, second);

    public static SumFragment MultiplyAdd(LeftFragment left, RightFragment right, SumFragment sums) => MatrixUnit.MultiplyAddBrainFloat(
        left.A0, left.A1, left.A2, left.A3, right.B0, right.B1, sums.C0, sums.C1, sums.C2, sums.C3);
}

/// <summary>The instructions of tensor cores (PTX's mma.sync m16n8k8 and m16n8k16, and the conversions). ILGPU's CPU accelerator runs the bodies, which do what the PTX manual says
/// each lane holds: its warps have to have 32 lanes.</summary>
internal static class MatrixUnit
{
    /// <summary>The lanes of a warp.</summary>
    public const int Lanes = 32;

    private const int Words = 8, LanesOfWords = 4;

    [IntrinsicImplementation]
    public static int RoundToTensorFloat(float value)
    {
        int bits = Bits(value);
        // to nearest, ties away from zero; infinities and NaN have nothing to round
        return (bits & 0x7F800000) == 0x7F800000 ? bits : unchecked(bits + 0x1000) & ~0x1FFF;
    }

    [IntrinsicImplementation]
    public static int RoundToBrainFloats(float first, float second) => Upper(second) << 16 | Upper(first);

    [IntrinsicImplementation]
    public static SumFragment MultiplyAddTensorFloat(int a0, int a1, int a2, int a3, int b0, int b1, float c0, float c1, float c2, float c3) =>
        Simulate<TensorFloat32>(new LeftFragment(a0, a1, a2, a3), new RightFragment(b0, b1), new SumFragment(c0, c1, c2, c3));

    [IntrinsicImplementation]
    public static SumFragment MultiplyAddBrainFloat(int a0, int a1, int a2, int a3, int b0, int b1, float c0, float c1, float c2, float c3) =>
        Simulate<BrainFloat16>(new LeftFragment(a0, a1, a2, a3), new RightFragment(b0, b1), new SumFragment(c0, c1, c2, c3));

    /// <summary>Tells the contexts that are built from <paramref name="builder"/> of the generators.</summary>
    public static void Register(Context.Builder builder)
    {
        Intrinsics.Register(builder, typeof(MatrixUnit), nameof(RoundToTensorFloat), nameof(GenerateRoundToTensorFloat));
        Intrinsics.Register(builder, typeof(MatrixUnit), nameof(RoundToBrainFloats), nameof(GenerateRoundToBrainFloats));
        Intrinsics.Register(builder, typeof(MatrixUnit), nameof(MultiplyAddTensorFloat), nameof(GenerateMultiplyAddTensorFloat));
        Intrinsics.Register(builder, typeof(MatrixUnit), nameof(MultiplyAddBrainFloat), nameof(GenerateMultiplyAddBrainFloat));
    }

    public static void GenerateRoundToTensorFloat(PTXBackend backend, PTXCodeGenerator generator, Value value) => Intrinsics.Emit(generator, value, "cvt.rna.tf32.f32", 0);

    // its first source becomes the upper half
    public static void GenerateRoundToBrainFloats(PTXBackend backend, PTXCodeGenerator generator, Value value) => Intrinsics.Emit(generator, value, "cvt.rn.bf16x2.f32", 1, 0);

    public static void GenerateMultiplyAddTensorFloat(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        GenerateMultiplyAdd(generator, value, "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32");

    public static void GenerateMultiplyAddBrainFloat(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        GenerateMultiplyAdd(generator, value, "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32");

    private static void GenerateMultiplyAdd(PTXCodeGenerator generator, Value value, string instruction)
    {
        var call = (MethodCall)value;
        var operands = new PTXRegisterAllocator.HardwareRegister[10];
        for (int i = 0; i < operands.Length; i++) operands[i] = generator.EnsureHardwareRegister(generator.LoadPrimitive(call[i]));
        var result = ((PTXRegisterAllocator.CompoundRegister)generator.Allocate(value)).Children;
        using var command = generator.BeginCommand(instruction);
        command.AppendVectorArgument([.. result.Cast<PTXRegisterAllocator.PrimitiveRegister>()]);
        command.AppendVectorArgument(operands[..4]);
        command.AppendVectorArgument(operands[4..6]);
        command.AppendVectorArgument(operands[6..]);
    }

    /// <summary>Lane l has row, or column, l / 4 of the factors and their words l % 4 and l % 4 + 4, and of the sums the columns 2 (l % 4) and the next.</summary>
    private static SumFragment Simulate<TFormat>(LeftFragment left, RightFragment right, SumFragment sums) where TFormat : struct, IMatrixFormat
    {
        int row = Warp.LaneIdx / LanesOfWords, column = 2 * (Warp.LaneIdx % LanesOfWords);
        float s0 = sums.C0, s1 = sums.C1, s2 = sums.C2, s3 = sums.C3;
        for (int word = 0; word < Words; word++)
        {
            int lane = word % LanesOfWords;
            bool isLow = word < LanesOfWords;
            int upper = Warp.Shuffle(isLow ? left.A0 : left.A2, row * LanesOfWords + lane), lower = Warp.Shuffle(isLow ? left.A1 : left.A3, row * LanesOfWords + lane);
            int first = Warp.Shuffle(isLow ? right.B0 : right.B1, column * LanesOfWords + lane), second = Warp.Shuffle(isLow ? right.B0 : right.B1, (column + 1) * LanesOfWords + lane);
            s0 = Add(TFormat.TermsPerWord, upper, first, s0);
            s1 = Add(TFormat.TermsPerWord, upper, second, s1);
            s2 = Add(TFormat.TermsPerWord, lower, first, s2);
            s3 = Add(TFormat.TermsPerWord, lower, second, s3);
        }
        return new SumFragment(s0, s1, s2, s3);
    }

    private static float Add(int termsPerWord, int left, int right, float sum) => termsPerWord == 1
        ? MathF.FusedMultiplyAdd(BitConverter.Int32BitsToSingle(left), BitConverter.Int32BitsToSingle(right), sum)
        : MathF.FusedMultiplyAdd(UpperOf(left), UpperOf(right), MathF.FusedMultiplyAdd(UpperOf(left << 16), UpperOf(right << 16), sum));

    private static float UpperOf(int word) => BitConverter.Int32BitsToSingle(word & unchecked((int)0xFFFF0000));

    /// <summary>The bits of the nearest bfloat16, ties to even.</summary>
    private static int Upper(float value)
    {
        int bits = Bits(value);
        if (float.IsNaN(value)) return 0x7FFF;
        return (int)(unchecked((uint)bits + 0x7FFF + (uint)(bits >> 16 & 1)) >> 16);
    }

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);
}
