using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>An autoencoder: a decoder paints each picture again from the trunk's features (Rumelhart et al. 1986); with noise in what the trunk sees, a denoising one (Vincent
/// et al. 2008).</summary>
/// <remarks>It does little where what fills most of a picture is not what it is about: painting learns colours and large shapes first.</remarks>
public sealed class Autoencoder : PretrainingMethod
{
    private readonly PictureDecoder decoder;

    /// <summary>Makes the method for a trunk.</summary>
    /// <param name="features">How many features it makes.</param>
    /// <param name="size">The size of the pictures.</param>
    public Autoencoder(int features, ImageSize size) => decoder = Add("decoder", new PictureDecoder(features, size));

    /// <summary>The deviation of the normal noise that is added to the normalised numbers that the trunk sees; 0 for none.</summary>
    public double Noise { get; init; }

    /// <inheritdoc/>
    public override int Views => 1;

    /// <summary>The mean squared error of the painted pictures.</summary>
    public override Variable Loss(ImageModel trunk, Variable pictures)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        ArgumentNullException.ThrowIfNull(pictures);
        var seen = Noise == 0 ? pictures : pictures + PassNoise.Normal(pictures.Pass, pictures.Shape, Noise, "denoising autoencoder");
        return decoder.Forward(trunk.Features(seen)).MeanSquaredError(pictures);
    }
}
