using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>Division of lengths that rounds up: how many tiles, chunks or blocks cover so many rows. Both numbers are positive.</summary>
internal static class Ceiling
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>The smallest integer that is at least <paramref name="length"/> / <paramref name="unit"/>.</summary>
    [MethodImpl(Inline)]
    public static int Divide(int length, int unit) => (length + unit - 1) / unit;

    /// <inheritdoc cref="Divide(int, int)"/>
    [MethodImpl(Inline)]
    public static nint Divide(nint length, nint unit) => (length + unit - 1) / unit;

    /// <inheritdoc cref="Divide(int, int)"/>
    [MethodImpl(Inline)]
    public static long Divide(long length, long unit) => (length + unit - 1) / unit;

    /// <summary>The smallest multiple of <paramref name="unit"/> that is at least <paramref name="length"/>.</summary>
    [MethodImpl(Inline)]
    public static int Multiple(int length, int unit) => Divide(length, unit) * unit;

    /// <inheritdoc cref="Multiple(int, int)"/>
    [MethodImpl(Inline)]
    public static nint Multiple(nint length, nint unit) => Divide(length, unit) * unit;

    /// <inheritdoc cref="Multiple(int, int)"/>
    [MethodImpl(Inline)]
    public static long Multiple(long length, long unit) => Divide(length, unit) * unit;
}
