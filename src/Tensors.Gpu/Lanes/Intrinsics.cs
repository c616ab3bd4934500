using System.Reflection;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.IR.Values;

namespace Graft.Tensors.Gpu;

/// <summary>Functions whose machine code the house writes itself.</summary>
internal static class Intrinsics
{
    /// <summary>Has the PTX backend call a generator where code calls a function.</summary>
    /// <param name="builder">The context's builder.</param>
    /// <param name="type">Where both are public and static.</param>
    /// <param name="function">The function's name.</param>
    /// <param name="generator">The generator's name.</param>
    public static void Register(Context.Builder builder, Type type, string function, string generator) => builder.GetIntrinsicManager().RegisterMethod(
        type.GetMethod(function, BindingFlags.Public | BindingFlags.Static)!, new PTXIntrinsic(type, generator, IntrinsicImplementationMode.GenerateCode));

    /// <summary>One instruction in a call's place: its result, then the call's arguments in the order that is given.</summary>
    public static void Emit(PTXCodeGenerator generator, Value value, string instruction, params ReadOnlySpan<int> arguments)
    {
        var call = (MethodCall)value;
        var operands = new PTXRegisterAllocator.PrimitiveRegister[arguments.Length];
        for (int i = 0; i < operands.Length; i++) operands[i] = generator.LoadPrimitive(call[arguments[i]]);
        var result = generator.AllocateHardware(value);
        using var command = generator.BeginCommand(instruction);
        command.AppendArgument(result);
        foreach (var operand in operands) command.AppendArgument(operand);
    }
}
