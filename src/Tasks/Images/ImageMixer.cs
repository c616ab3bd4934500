using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>How a batch's pictures were mixed.</summary>
/// <param name="Share">How much of each is itself.</param>
/// <param name="Others">What the rest of each is of.</param>
internal sealed record ImageMix(float Share, IReadOnlyList<int> Others);

/// <summary>Mixes each picture of a batch with its counterpart from the other end (timm's <c>Mixup</c> in its mode "batch"): one share a batch, drawn from the seed, the
/// epoch and the batch's number.</summary>
internal sealed class ImageMixer(MixingOptions options, ulong seed)
{
    private readonly RandomStream choice = new(seed, "mix");
    private readonly RandomStream place = new(seed, "mix place");
    private readonly BetaDistribution shares = new(new RandomStream(seed, "mix share"));

    /// <summary>Mixes the pictures in place and notes how.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="number">The batch's number in it, from 0.</param>
    public void Mix(ImageBatch batch, int epoch, int number)
    {
        bool cuts = options.Mixup is null || (options.CutMix is not null && choice.Uniform((ulong)number, (ulong)epoch) < (options.Switch ?? 0.5));
        double share = shares.Draw(cuts ? options.CutMix!.Value : options.Mixup!.Value, (ulong)number, (ulong)epoch);
        if (cuts)
        {
            var (row, column, _, _) = place.Bits((ulong)number, (ulong)epoch);
            int height = batch.Images.Shape[2], width = batch.Images.Shape[3];
            var (box, kept) = Rectangle(height, width, share, (int)((ulong)row * (uint)height >> 32), (int)((ulong)column * (uint)width >> 32));
            Mix(batch, kept, box);
        }
        else
        {
            Mix(batch, share, null);
        }
    }

    /// <summary>Mixes the pictures of a batch, all or a rectangle of each.</summary>
    internal static void Mix(ImageBatch batch, double share, (int Top, int Bottom, int Left, int Right)? box)
    {
        if (share >= 1 || batch.Count < 2) return;
        for (int i = 0; i < batch.Count / 2; i++)
        {
            Span<float> one = ImageTransforms.Place(batch.Images, i), other = ImageTransforms.Place(batch.Images, batch.Count - 1 - i);
            if (box is { } cut) Swap(one, other, batch.Images.Shape[3], cut);
            else Blend(one, other, (float)share);
        }
        batch.Mix = new ImageMix((float)share, [.. batch.Indices.Reverse()]);
    }

    /// <summary>The rectangle of a share around a place, and the share that is left once it ends at the border (timm's <c>cutmix_bbox_and_lam</c>).</summary>
    internal static ((int Top, int Bottom, int Left, int Right) Box, double Share) Rectangle(int height, int width, double share, int row, int column)
    {
        double ratio = Math.Sqrt(1 - share);
        int high = (int)(height * ratio), wide = (int)(width * ratio);
        int top = Math.Clamp(row - high / 2, 0, height), bottom = Math.Clamp(row + high / 2, 0, height);
        int left = Math.Clamp(column - wide / 2, 0, width), right = Math.Clamp(column + wide / 2, 0, width);
        return ((top, bottom, left, right), 1 - (double)(bottom - top) * (right - left) / ((double)height * width));
    }

    private static void Blend(Span<float> one, Span<float> other, float share)
    {
        for (int i = 0; i < one.Length; i++)
            (one[i], other[i]) = (one[i] * share + other[i] * (1f - share), other[i] * share + one[i] * (1f - share));
    }

    private static void Swap(Span<float> one, Span<float> other, int width, (int Top, int Bottom, int Left, int Right) box)
    {
        for (int y = box.Top; y < box.Bottom; y++)
        {
            for (int at = (y * width + box.Left) * RgbImage.Channels, end = (y * width + box.Right) * RgbImage.Channels; at < end; at++)
                (one[at], other[at]) = (other[at], one[at]);
        }
    }
}
