namespace Graft.Tensors;

/// <summary>A lane of single precision whose bits can be reached: what the polynomials of <see cref="LaneMath"/> stand on.</summary>
public interface IBitLane<TSelf> : ILane<TSelf> where TSelf : unmanaged, IBitLane<TSelf>
{
    /// <summary>2 to the power of <paramref name="exponent"/>, an integer from -126 to 127.</summary>
    static abstract TSelf PowerOfTwo(TSelf exponent);

    /// <summary>The integer n with value = m * 2^n and m in [0.75, 1.5); the value is positive and normal.</summary>
    static abstract TSelf Exponent(TSelf value);

    /// <summary>The m of <see cref="Exponent"/>.</summary>
    static abstract TSelf Mantissa(TSelf value);
}

/// <summary>A lane of the CPU: it knows its width and reads and writes memory.</summary>
internal unsafe interface IVectorLane<TSelf> : IBitLane<TSelf> where TSelf : unmanaged, IVectorLane<TSelf>
{
    /// <summary>How many floats it holds; divides 16.</summary>
    static abstract int Width { get; }

    /// <summary>How many registers a tile may count on.</summary>
    static abstract int Registers { get; }

    static abstract TSelf Load(float* source);

    static abstract void Store(TSelf value, float* destination);

    /// <summary>The first element.</summary>
    static abstract float First(TSelf value);

    /// <summary>Element i gets element i + <paramref name="count"/> (half the width, a quarter ...); the last ones are
    /// anything. Of lanes with 8 or 16 elements.</summary>
    static abstract TSelf MoveDown(TSelf value, int count);

    /// <summary>The same number, read from memory, in every element.</summary>
    static abstract TSelf LoadSplat(float* source);

    /// <summary>As many bfloat16 numbers.</summary>
    static abstract TSelf LoadBFloat16(ushort* source);

    /// <summary>As many signed bytes.</summary>
    static abstract TSelf LoadInt8(sbyte* source);
}
