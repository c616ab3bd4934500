using Graft.Autograd;

namespace Graft.Tasks;

/// <summary>What a stage makes of pictures as a row for each of them.</summary>
internal static class ImageFeatures
{
    /// <summary>The means of a feature map [N, C, H, W] or of tokens [N, T, D] over their places; features [N, D] as they are.</summary>
    public static Variable Pooled(Variable map) => map.Shape.Rank switch
    {
        4 => map.Mean(2, 3).Reshape([map.Shape[0], map.Shape[1]]),
        3 => map.Mean(1).Reshape([map.Shape[0], map.Shape[2]]),
        _ => map,
    };
}
