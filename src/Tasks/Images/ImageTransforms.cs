using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>From a decoded picture to its slice of a batch [N, 3, H, W], channels last: what an <see cref="ImagePreprocessing"/> says,
/// carried out.</summary>
/// <remarks>A channel's value depends on its byte alone, so the 3 x 256 values are computed once, by torchvision's
/// <c>ToTensor</c> and <c>Normalize</c> in their order and in single precision: byte / 255, minus mean, divided by deviation.</remarks>
internal sealed class ImageTransforms
{
    private readonly ImagePreprocessing preprocessing;
    private readonly Augment? augment;
    private readonly PictureVariation? variation;
    private readonly float[] values = new float[RgbImage.Channels * 256];

    /// <summary>Makes the transforms of prediction or, with a seed, those of training.</summary>
    /// <exception cref="ArgumentException">The settings contradict one another.</exception>
    public ImageTransforms(ImagePreprocessing preprocessing, ulong? trainingSeed = null, VariationOptions? variation = null)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        preprocessing.Validate();
        this.preprocessing = preprocessing;
        if (trainingSeed is { } seed && preprocessing.Augmentation != TrainingAugmentation.None)
            augment = new Augment(preprocessing.Augmentation, seed);
        if (trainingSeed is { } drawn && variation is not null && variation != new VariationOptions()) this.variation = new PictureVariation(variation, drawn);
        bool unit = Math.Abs(preprocessing.RescaleFactor * 255 - 1) < 1e-6;
        for (int channel = 0; channel < RgbImage.Channels; channel++)
        {
            for (int value = 0; value < 256; value++)
            {
                float scaled = unit ? value / 255f : value * (float)preprocessing.RescaleFactor;
                values[channel * 256 + value] = (scaled - preprocessing.Mean[channel]) / preprocessing.StandardDeviation[channel];
            }
        }
    }

    /// <summary>Whether a picture is varied from epoch to epoch.</summary>
    public bool Varies => augment is not null || variation is not null;

    /// <summary>The steps that are the same in every epoch; their result may be kept.</summary>
    /// <param name="image">The decoded picture.</param>
    /// <param name="name">What an error message calls it.</param>
    /// <exception cref="ImageException">The picture is so narrow that scaling its shorter side up would fill the memory.</exception>
    public RgbImage Prepare(RgbImage image, string name)
    {
        if (augment is not null && preprocessing.Augmentation.ResizedCrop is not null) return image;
        RefuseOversized(image, name);
        if (preprocessing.ResizeShorterSide is { } side) image = Resize.ShorterSide(image, side, preprocessing.Interpolation);
        if (preprocessing.ResizeTo is { } exact) image = Resize.To(image, exact, preprocessing.Interpolation);
        return augment is null && preprocessing.CropSize is { } crop ? Crop.Center(image, crop) : image;
    }

    /// <summary>The size of every picture in the batch; null where each keeps its own.</summary>
    public ImageSize? OutputSize => preprocessing.OutputSize;

    /// <summary>The rest: variation in training, then the normalised values.</summary>
    /// <param name="prepared">What <see cref="Prepare"/> gave.</param>
    /// <param name="example">The picture's index, which random choices depend on.</param>
    /// <param name="round">What they depend on too: the epoch, from 0, and in its upper half how often the picture came before in it.</param>
    /// <param name="destination">The picture's slice: H * W * 3 values, channels last.</param>
    public void Write(RgbImage prepared, int example, ulong round, Span<float> destination)
    {
        bool mirrored = false;
        if (augment is not null)
            (prepared, mirrored) = augment.Apply(prepared, preprocessing.OutputSize, preprocessing.Interpolation, example, round);
        if (variation is { HasOperations: true })
        {
            prepared = variation.Apply(mirrored ? PixelOperations.Mirror(prepared) : prepared, example, round);
            mirrored = false;
        }
        if (destination.Length != prepared.Pixels.Length)
            throw new ArgumentException($"{destination.Length} values are no picture of {prepared.Size}", nameof(destination));
        int step = mirrored ? -RgbImage.Channels : RgbImage.Channels;
        int at = 0;
        for (int y = 0; y < prepared.Height; y++)
        {
            ReadOnlySpan<byte> row = prepared.Row(y);
            int from = mirrored ? row.Length - RgbImage.Channels : 0;
            for (int x = 0; x < prepared.Width; x++, from += step, at += RgbImage.Channels)
            {
                destination[at] = values[row[from]];
                destination[at + 1] = values[256 + row[from + 1]];
                destination[at + 2] = values[512 + row[from + 2]];
            }
        }
        variation?.Erase(destination, prepared.Size, example, round);
    }

    private void RefuseOversized(RgbImage image, string name)
    {
        if (preprocessing.ResizeShorterSide is not { } side) return;
        double longer = (double)side * Math.Max(image.Width, image.Height) / Math.Min(image.Width, image.Height);
        if (side * longer > ImageDecoding.MaximumPixels)
            throw new ImageException(name, $"{image.Size} pixels with the shorter side scaled to {side} would be {side} x {longer:F0}; crop the picture first");
    }

    /// <summary>The slice of one picture in a channels-last batch in CPU memory.</summary>
    public static Span<float> Place(Tensor<float> batch, int index)
    {
        if (batch.Shape.Rank != 4 || batch.Shape[1] != RgbImage.Channels || !batch.IsChannelsLast)
            ShapeException.Throw("write image", $"batch {batch.Shape}", "a batch of pictures is [N, 3, H, W], channels last");
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, batch.Shape[0]);
        int length = checked(batch.Shape[1] * batch.Shape[2] * batch.Shape[3]);
        return batch.Span().Slice(index * length, length);
    }
}
