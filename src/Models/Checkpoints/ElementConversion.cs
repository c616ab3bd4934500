using System.Runtime.InteropServices;

namespace Graft.Models;

/// <summary>Converts little-endian elements of any stored type to float32 and int64.</summary>
internal static class ElementConversion
{
    public static void ToSingle(ElementType type, ReadOnlySpan<byte> bytes, Span<float> numbers)
    {
        switch (type)
        {
            case ElementType.Float64: Convert<double>(bytes, numbers, static x => (float)x); break;
            case ElementType.Float32: MemoryMarshal.Cast<byte, float>(bytes).CopyTo(numbers); break;
            case ElementType.Float16: Convert<Half>(bytes, numbers, static x => (float)x); break;
            case ElementType.BFloat16: Convert<ushort>(bytes, numbers, static x => BitConverter.UInt32BitsToSingle((uint)x << 16)); break;
            case ElementType.Int64: Convert<long>(bytes, numbers, static x => x); break;
            case ElementType.Int32: Convert<int>(bytes, numbers, static x => x); break;
            case ElementType.Int16: Convert<short>(bytes, numbers, static x => x); break;
            case ElementType.Int8: Convert<sbyte>(bytes, numbers, static x => x); break;
            case ElementType.UInt8: Convert<byte>(bytes, numbers, static x => x); break;
            default: Convert<byte>(bytes, numbers, static x => x == 0 ? 0 : 1); break;
        }
    }

    /// <summary>From integers and booleans only.</summary>
    public static void ToInt64(ElementType type, ReadOnlySpan<byte> bytes, Span<long> numbers)
    {
        switch (type)
        {
            case ElementType.Int64: MemoryMarshal.Cast<byte, long>(bytes).CopyTo(numbers); break;
            case ElementType.Int32: Convert<int>(bytes, numbers, static x => x); break;
            case ElementType.Int16: Convert<short>(bytes, numbers, static x => x); break;
            case ElementType.Int8: Convert<sbyte>(bytes, numbers, static x => x); break;
            case ElementType.UInt8: Convert<byte>(bytes, numbers, static x => x); break;
            case ElementType.Bool: Convert<byte>(bytes, numbers, static x => x == 0 ? 0 : 1); break;
            default: throw new ArgumentException($"{type} is no type of whole numbers", nameof(type));
        }
    }

    private static void Convert<T>(ReadOnlySpan<byte> bytes, Span<float> numbers, Func<T, float> convert) where T : unmanaged
    {
        var elements = MemoryMarshal.Cast<byte, T>(bytes);
        for (int at = 0; at < numbers.Length; at++) numbers[at] = convert(elements[at]);
    }

    private static void Convert<T>(ReadOnlySpan<byte> bytes, Span<long> numbers, Func<T, long> convert) where T : unmanaged
    {
        var elements = MemoryMarshal.Cast<byte, T>(bytes);
        for (int at = 0; at < numbers.Length; at++) numbers[at] = convert(elements[at]);
    }
}
