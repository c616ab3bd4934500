using Graft.Autograd;

namespace Graft.Models;

/// <summary>An architecture that looks at images [N, C, H, W].</summary>
public abstract class ImageModel : Model
{
    private protected ImageModel()
    {
    }

    /// <summary>The logits [N, classes] of images [N, C, H, W].</summary>
    /// <exception cref="Tensors.ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Forward(Variable x) => Scoped(x, this, static (images, model) => model.ComputeHead(model.ComputeFeatures(images)));

    /// <summary>What the trunk makes of images, before the head: pooled features [N, D].</summary>
    /// <exception cref="Tensors.ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Features(Variable x) => Scoped(x, this, static (images, model) => model.ComputeFeatures(images));

    private protected abstract Variable ComputeFeatures(Variable x);

    private protected abstract Variable ComputeHead(Variable features);
}
