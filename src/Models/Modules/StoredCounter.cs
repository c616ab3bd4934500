using System.Buffers.Binary;

namespace Graft.Models;

/// <summary>Reads a counter, which a file may store in any numeric type.</summary>
internal static class StoredCounter
{
    /// <summary>The count; null where it is no integer from 0.</summary>
    /// <exception cref="CheckpointException">It cannot be read.</exception>
    public static long? Read(StoredTensor tensor)
    {
        if (tensor.ElementType is not (ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64))
            return tensor.ToInt64Array() is [>= 0 and var count] ? count : null;
        double number = tensor.ElementType == ElementType.Float64 ? ReadDouble(tensor) : tensor.ToSingleArray()[0];
        // what half a dictionary's worth of training overflows to
        if (tensor.ElementType == ElementType.Float16 && double.IsPositiveInfinity(number)) return (long)(double)Half.MaxValue;
        return number >= 0 && number < long.MaxValue && number == Math.Floor(number) ? (long)number : null;
    }

    private static double ReadDouble(StoredTensor tensor)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        tensor.CopyBytesTo(bytes);
        return BinaryPrimitives.ReadDoubleLittleEndian(bytes);
    }
}
