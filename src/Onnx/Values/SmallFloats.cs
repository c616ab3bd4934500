using System.Runtime.InteropServices;
using DataType = Graft.Onnx.Protocol.TensorProto.Types.DataType;

namespace Graft.Onnx;

/// <summary>Floating-point numbers of 16 and 8 bits that .NET has no type for: they are kept as their bits.</summary>
internal static class SmallFloats
{
    public static readonly Element<BFloat16Bits> BFloat16 = new(DataType.Bfloat16, isFloating: true, isInteger: false)
    {
        ToDouble = static value => BitConverter.UInt32BitsToSingle((uint)value.Bits << 16),
        FromDouble = static value => new BFloat16Bits(Rounded((float)value)),
        ToInteger = static value => Int128.CreateSaturating(BitConverter.UInt32BitsToSingle((uint)value.Bits << 16)),
        FromInteger = static value => new BFloat16Bits(Rounded((float)value)),
        Read = static (bytes, count) => Array.ConvertAll(Numbers.Read<ushort>(bytes, count), bits => new BFloat16Bits(bits)),
    };

    public static IEnumerable<Element> All => [BFloat16, .. EightBits.All];

    private static ushort Rounded(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        // to the nearest, and of two as near to the even one
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}

/// <summary>The upper half of a single.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BFloat16Bits(ushort Bits);
