using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors;

/// <summary>Several 32-bit words, each in the lower half of 64 bits; what stands above it does not count.</summary>
internal unsafe interface IWords<TSelf> where TSelf : struct, IWords<TSelf>
{
    static abstract int Count { get; }

    static abstract TSelf Splat(uint value);

    /// <summary>first, first + 1, ...</summary>
    static abstract TSelf Ascending(uint first);

    /// <summary>The 64 bits of the products of the words.</summary>
    static abstract TSelf Multiply(TSelf left, TSelf right);

    static abstract TSelf operator ^(TSelf left, TSelf right);

    /// <summary>The upper halves.</summary>
    static abstract TSelf High(TSelf value);

    /// <summary>The upper 24 bits of each word, as whole numbers.</summary>
    static abstract void StoreUpperBits(TSelf value, float* destination);
}

/// <summary>One word.</summary>
internal readonly unsafe struct Words1(ulong value) : IWords<Words1>
{
    private ulong Value => value;

    public static int Count => 1;

    public static Words1 Splat(uint value) => new(value);

    public static Words1 Ascending(uint first) => new(first);

    public static Words1 Multiply(Words1 left, Words1 right) => new((left.Value & uint.MaxValue) * (right.Value & uint.MaxValue));

    public static Words1 operator ^(Words1 left, Words1 right) => new(left.Value ^ right.Value);

    public static Words1 High(Words1 value) => new(value.Value >> 32);

    public static void StoreUpperBits(Words1 value, float* destination) => *destination = (int)((uint)value.Value >> 8);
}

/// <summary>Four words of AVX2.</summary>
internal readonly unsafe struct Words4(Vector256<ulong> value) : IWords<Words4>
{
    private Vector256<ulong> Value => value;

    public static int Count => 4;

    public static Words4 Splat(uint value) => new(Vector256.Create((ulong)value));

    public static Words4 Ascending(uint first) => new(Vector256.Create((ulong)first) + Vector256<ulong>.Indices);

    public static Words4 Multiply(Words4 left, Words4 right) => new(Avx2.Multiply(left.Value.AsUInt32(), right.Value.AsUInt32()));

    public static Words4 operator ^(Words4 left, Words4 right) => new(left.Value ^ right.Value);

    public static Words4 High(Words4 value) => new(Vector256.ShiftRightLogical(value.Value, 32));

    public static void StoreUpperBits(Words4 value, float* destination)
    {
        var words = Vector256.Narrow(value.Value, value.Value).GetLower();
        Vector128.Store(Vector128.ConvertToSingle(Vector128.ShiftRightLogical(words, 8).AsInt32()), destination);
    }
}

/// <summary>Eight words of AVX-512.</summary>
internal readonly unsafe struct Words8(Vector512<ulong> value) : IWords<Words8>
{
    private Vector512<ulong> Value => value;

    public static int Count => 8;

    public static Words8 Splat(uint value) => new(Vector512.Create((ulong)value));

    public static Words8 Ascending(uint first) => new(Vector512.Create((ulong)first) + Vector512<ulong>.Indices);

    public static Words8 Multiply(Words8 left, Words8 right) => new(Avx512F.Multiply(left.Value.AsUInt32(), right.Value.AsUInt32()));

    public static Words8 operator ^(Words8 left, Words8 right) => new(left.Value ^ right.Value);

    public static Words8 High(Words8 value) => new(Vector512.ShiftRightLogical(value.Value, 32));

    public static void StoreUpperBits(Words8 value, float* destination)
    {
        var words = Avx512F.ConvertToVector256UInt32(value.Value);
        Vector256.Store(Vector256.ConvertToSingle(Vector256.ShiftRightLogical(words, 8).AsInt32()), destination);
    }
}
