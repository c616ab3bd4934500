using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>A method by which a trunk learns from pictures without labels. What it has of layers of its own, a projection of the features or a decoder, learns with the trunk
/// and is thrown away afterwards.</summary>
/// <remarks>Used by one training at a time, on its thread. One that keeps a copy of the trunk is <see cref="IDisposable"/> too.</remarks>
public abstract class PretrainingMethod : Module
{
    /// <summary>How many random views of each picture a step needs: 2 where views are compared, else 1.</summary>
    public abstract int Views { get; }

    /// <summary>What has to be called along the training.</summary>
    public virtual IReadOnlyList<TrainingObserver> Observers => [];

    /// <summary>The loss of a step.</summary>
    /// <param name="trunk">The model whose trunk learns; its head is left alone.</param>
    /// <param name="pictures">[<see cref="Views"/> n, C, H, W], normalised: a view of each of n pictures, then another of each.</param>
    /// <returns>One element.</returns>
    /// <exception cref="Graft.Tensors.ShapeException">The pictures do not fit the trunk or the method.</exception>
    public abstract Variable Loss(ImageModel trunk, Variable pictures);
}

/// <summary>What a method of self-supervision is made for.</summary>
/// <param name="Model">The model whose trunk is to learn.</param>
/// <param name="Features">How many features the trunk makes.</param>
/// <param name="Size">The size of its pictures; null where they have several.</param>
public sealed record PretrainingSetting(ImageModel Model, int Features, ImageSize? Size)
{
    /// <summary>The size of the pictures.</summary>
    /// <exception cref="ArgumentException">They have several.</exception>
    internal ImageSize RequireSize(string method) => Size
        ?? throw new ArgumentException($"{Model.Name} takes pictures of any size, and {method} paints pictures of one: set a size in its preprocessing");
}
