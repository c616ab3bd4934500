using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>An architecture that looks at images [N, C, H, W].</summary>
public abstract class ImageModel : Model
{
    private protected ImageModel()
    {
    }

    /// <summary>The logits [N, classes] of images [N, C, H, W].</summary>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Forward(Variable x) => Scoped(x, this, static (images, model) => model.ComputeHead(model.ComputeFeatures(images)));

    /// <summary>What the trunk makes of images, before the head: pooled features [N, D].</summary>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Features(Variable x) => Scoped(x, this, static (images, model) => model.ComputeFeatures(images));

    /// <summary>Records the forward pass of images of one shape, to be run again and again without allocating: the same logits as
    /// <see cref="Forward"/>'s in a pass that infers.</summary>
    /// <param name="device">Where to run.</param>
    /// <param name="images">[N, C, H, W].</param>
    /// <exception cref="ShapeException">The shape does not fit; the message names the module.</exception>
    public Captured Capture(Device device, Shape images) => Captured.Of(device, images, Forward, MemoryFormat.ChannelsLast);

    /// <summary>As <see cref="Capture"/>, of what the trunk makes of images.</summary>
    internal Captured CaptureFeatures(Device device, Shape images) => Captured.Of(device, images, Features, MemoryFormat.ChannelsLast);

    private protected abstract Variable ComputeFeatures(Variable x);

    private protected abstract Variable ComputeHead(Variable features);
}
