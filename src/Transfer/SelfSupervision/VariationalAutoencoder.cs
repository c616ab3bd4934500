using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>A variational autoencoder (Kingma and Welling 2014): the trunk's features give a normal distribution for each picture, a decoder paints the picture from a draw of it,
/// and the distributions are to be near the standard one.</summary>
/// <remarks>It hurts where the weight of the distributions is so large that draws say nothing of the picture.</remarks>
public sealed class VariationalAutoencoder : PretrainingMethod
{
    private readonly Linear mean, logVariance;
    private readonly PictureDecoder decoder;

    /// <summary>Makes the method for a trunk.</summary>
    /// <param name="features">How many features it makes.</param>
    /// <param name="size">The size of the pictures.</param>
    /// <param name="latent">How many numbers are drawn for a picture.</param>
    public VariationalAutoencoder(int features, ImageSize size, int latent = 64)
    {
        mean = Add("mean", new Linear(features, latent));
        logVariance = Add("log_variance", new Linear(features, latent));
        decoder = Add("decoder", new PictureDecoder(latent, size));
    }

    /// <summary>What the distance of the distributions is multiplied by; 1 in the paper (beta of Higgins et al. 2017).</summary>
    public double Beta { get; init; } = 1;

    /// <inheritdoc/>
    public override int Views => 1;

    /// <summary>Half the squared error of the painted pictures, the normal log-likelihood, plus beta times the Kullback-Leibler divergence of <see cref="Divergence"/>, both for each
    /// number of a picture.</summary>
    public override Variable Loss(ImageModel trunk, Variable pictures)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        ArgumentNullException.ThrowIfNull(pictures);
        var features = trunk.Features(pictures);
        Variable centre = mean.Forward(features), spread = logVariance.Forward(features);
        var drawn = centre + (spread * 0.5f).Exp() * PassNoise.Normal(pictures.Pass, centre.Shape, 1, "variational autoencoder");
        return decoder.Forward(drawn).MeanSquaredError(pictures) * 0.5f + Divergence(centre, spread) * (float)(Beta / decoder.Numbers);
    }

    /// <summary>The mean over rows of the sum of (mean^2 + variance - 1 - ln variance) / 2: how far normal distributions are from the standard one.</summary>
    /// <param name="mean">[n, latent].</param>
    /// <param name="logVariance">[n, latent].</param>
    /// <returns>One element.</returns>
    public static Variable Divergence(Variable mean, Variable logVariance)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(logVariance);
        return (mean.Square() + logVariance.Exp() - logVariance - 1f).Sum() * (0.5f / mean.Shape[0]);
    }
}
