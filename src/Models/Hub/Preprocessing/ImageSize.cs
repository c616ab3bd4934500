namespace Graft.Models;

/// <summary>The size of a picture in pixels, height first as in a tensor's shape [N, C, H, W].</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>The size in words: height x width.</summary>
    public override string ToString() => $"{Height}x{Width}";
}
