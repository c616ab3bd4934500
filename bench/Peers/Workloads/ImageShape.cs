using Graft.Tensors;

namespace Graft.Peers;

/// <summary>What image models are given.</summary>
/// <param name="Size">The side of a picture in pixels.</param>
/// <param name="Classes">The classes of the head.</param>
internal sealed record ImageShape(int Size, int Classes)
{
    /// <summary>As trained on ImageNet.</summary>
    public static ImageShape Standard { get; } = new(224, 1000);

    /// <summary>[N, 3, size, size].</summary>
    public Shape Of(int batch) => [batch, 3, Size, Size];
}
