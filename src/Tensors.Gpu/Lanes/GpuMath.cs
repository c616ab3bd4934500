using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.IR.Values;

namespace Graft.Tensors.Gpu;

/// <summary>The few functions whose machine code is written here, because ILGPU's own would be wrong or not exist: it has no
/// fused multiply-add without CUDA's LibDevice, and its comparisons with a constant on the left hold for NaN.</summary>
/// <remarks>ILGPU's CPU accelerator runs the bodies below; the PTX backend replaces each call by its generator.</remarks>
internal static class GpuMath
{
    [IntrinsicImplementation]
    public static float FusedMultiplyAdd(float left, float right, float addend) => MathF.FusedMultiplyAdd(left, right, addend);

    [IntrinsicImplementation]
    public static float WhereGreater(float left, float right, float whenTrue, float whenFalse) => left > right ? whenTrue : whenFalse;

    [IntrinsicImplementation]
    public static int SelectIfGreater(float left, float right, int whenTrue, int whenFalse) => left > right ? whenTrue : whenFalse;

    /// <summary>1 for NaN, 0 for any other number.</summary>
    public static int IsNaN(float value) => (Interop.FloatAsInt(value) & 0x7FFFFFFFu) > 0x7F800000u ? 1 : 0;

    /// <summary>Tells the contexts that are built from <paramref name="builder"/> of the generators.</summary>
    public static void Register(Context.Builder builder)
    {
        Intrinsics.Register(builder, typeof(GpuMath), nameof(FusedMultiplyAdd), nameof(GenerateFusedMultiplyAdd));
        Intrinsics.Register(builder, typeof(GpuMath), nameof(WhereGreater), nameof(GenerateWhereGreater));
        Intrinsics.Register(builder, typeof(GpuMath), nameof(SelectIfGreater), nameof(GenerateSelectIfGreater));
    }

    public static void GenerateFusedMultiplyAdd(PTXBackend backend, PTXCodeGenerator generator, Value value) => Intrinsics.Emit(generator, value, "fma.rn.f32", 0, 1, 2);

    public static void GenerateWhereGreater(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        GenerateSelect(generator, (MethodCall)value, "selp.f32");

    public static void GenerateSelectIfGreater(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        GenerateSelect(generator, (MethodCall)value, "selp.b32");

    private static void GenerateSelect(PTXCodeGenerator generator, MethodCall call, string instruction)
    {
        var left = generator.LoadPrimitive(call[0]);
        var right = generator.LoadPrimitive(call[1]);
        var whenTrue = generator.LoadPrimitive(call[2]);
        var whenFalse = generator.LoadPrimitive(call[3]);
        var predicate = generator.AllocateRegister(BasicValueType.Int1, PTXRegisterKind.Predicate);
        using (var command = generator.BeginCommand("setp.gt.f32"))
        {
            command.AppendArgument(predicate);
            command.AppendArgument(left);
            command.AppendArgument(right);
        }
        var result = generator.AllocateHardware(call);
        using (var command = generator.BeginCommand(instruction))
        {
            command.AppendArgument(result);
            command.AppendArgument(whenTrue);
            command.AppendArgument(whenFalse);
            command.AppendArgument(predicate);
        }
        generator.FreeRegister(predicate);
    }
}
