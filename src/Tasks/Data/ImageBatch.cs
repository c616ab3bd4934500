using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>A batch of preprocessed pictures and their indices. Disposing releases its memory.</summary>
internal sealed class ImageBatch : IDisposable
{
    public ImageBatch(Tensor<float> images, int[] indices)
    {
        Images = images;
        Indices = indices;
    }

    /// <summary>The pictures: [N, 3, H, W], channels last, in CPU memory.</summary>
    public Tensor<float> Images { get; }

    /// <summary>Each picture's index in its dataset.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>How its pictures were mixed with others of it; null where each is itself.</summary>
    public ImageMix? Mix { get; set; }

    /// <summary>How many pictures the batch has.</summary>
    public int Count => Indices.Count;

    /// <summary>The batch without some of its pictures; null where none is left. This batch is released.</summary>
    public ImageBatch? Without(ICollection<int> places)
    {
        using (this)
        {
            int[] kept = [.. Enumerable.Range(0, Count).Where(place => !places.Contains(place))];
            if (kept.Length == 0) return null;
            var shape = Images.Shape;
            var device = Images.Device;
            var images = device.Rent<float>([kept.Length, shape[1], shape[2], shape[3]], MemoryFormat.ChannelsLast);
            for (int to = 0; to < kept.Length; to++)
                ImageTransforms.Place(Images, kept[to]).CopyTo(ImageTransforms.Place(images, to));
            return new ImageBatch(images, [.. kept.Select(place => Indices[place])]);
        }
    }

    /// <summary>The pictures of several batches behind each other as a pass's input, which lives as long as the pass.</summary>
    /// <exception cref="ImageException">They are of several sizes.</exception>
    public static Variable OnTogether(Pass pass, params IReadOnlyList<ImageBatch> parts)
    {
        var first = parts[0].Images.Shape;
        if (parts.FirstOrDefault(part => part.Images.Shape[2] != first[2] || part.Images.Shape[3] != first[3]) is { } other)
            throw new ImageException(
                "the pictures", $"are {first[3]} x {first[2]} pixels in one place and {other.Images.Shape[3]} x {other.Images.Shape[2]} in another; set a crop size so that all agree");
        return Variable.Concat([.. parts.Select(part => part.On(pass))]);
    }

    /// <summary>The pictures as a pass's input, on its device.</summary>
    public Variable On(Pass pass)
    {
        return Images.Device == pass.Device ? pass.Constant(Images) : Uploaded(pass);
    }

    /// <summary>The same as the pass's own numbers: the batch may be disposed of before it.</summary>
    public Variable Uploaded(Pass pass)
    {
        // both are channels last, so this is one contiguous copy
        using var rows = Images.Permute(0, 2, 3, 1);
        var there = pass.Upload<float>(rows.Shape, rows.ToArray());
        return pass.Constant(there.Permute(0, 3, 1, 2));
    }

    /// <summary>The outputs of a captured pass for the pictures, row by row.</summary>
    public float[] Through(Captured captured)
    {
        var rows = new float[captured.OutputShape.ElementCount];
        if (Images.Device == captured.Device) captured.Run(Images, rows);
        else captured.Run(Images.ToArray(), rows);
        return rows;
    }

    /// <inheritdoc/>
    public void Dispose() => Images.Dispose();
}
