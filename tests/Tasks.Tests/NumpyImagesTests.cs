using System.Buffers.Binary;
using Graft.Testing;

namespace Graft.Tasks.Tests;

public sealed class NumpyImagesTests
{
    private static readonly NumpyArray Labels = new("labels", NumpyType.UInt8, [2], [0, 1]);

    [Fact]
    public void Every_layout_gives_the_same_picture()
    {
        byte[] last = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], first = [1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12];
        Assert.Equal([7, 8, 9, 10, 11, 12], Image(NumpyType.UInt8, [2, 1, 2, 3], last));
        Assert.Equal([7, 8, 9, 10, 11, 12], Image(NumpyType.UInt8, [2, 3, 1, 2], first));
        Assert.Equal([3, 3, 3, 4, 4, 4], Image(NumpyType.UInt8, [2, 1, 2], [1, 2, 3, 4]));
        Assert.Equal([3, 3, 3, 4, 4, 4], Image(NumpyType.UInt8, [2, 1, 2, 1], [1, 2, 3, 4]));
        Assert.Equal([3, 3, 3, 4, 4, 4], Image(NumpyType.UInt8, [2, 1, 1, 2], [1, 2, 3, 4]));
        Assert.Equal([0, 0, 0, 255, 255, 255], Image(NumpyType.Boolean, [2, 1, 2], [1, 1, 0, 1]));
    }

    [Fact]
    public void Fractions_are_of_one_or_of_255()
    {
        Assert.Equal([128, 128, 128, 255, 255, 255], Image(NumpyType.Float32, [2, 1, 2], Floats(0, 0.25f, 0.5f, 1)));
        Assert.Equal([2, 2, 2, 255, 255, 255], Image(NumpyType.Float32, [2, 1, 2], Floats(0, 1, 2, 255)));
        Assert.Equal([1, 1, 1, 200, 200, 200], Image(NumpyType.Int16, [2, 1, 2], [0, 0, 0, 0, 1, 0, 200, 0]));
    }

    [Fact]
    public void What_is_no_picture_is_refused_in_words()
    {
        Assert.Contains("[N, H, W]", Problem(NumpyType.UInt8, [2, 2], new byte[4]), StringComparison.Ordinal);
        Assert.Contains("[N, H, W]", Problem(NumpyType.UInt8, [1, 2, 2, 4], new byte[16]), StringComparison.Ordinal);
        Assert.Contains("without pixels", Problem(NumpyType.UInt8, [2, 0, 2], []), StringComparison.Ordinal);
        Assert.Contains("from -1 to 1", Problem(NumpyType.Float32, [2, 1, 1], Floats(-1, 1)), StringComparison.Ordinal);
        Assert.Contains("from 0 to 256", Problem(NumpyType.Float32, [2, 1, 1], Floats(0, 256)), StringComparison.Ordinal);
        Assert.Contains("NaN", Problem(NumpyType.Float32, [2, 1, 1], Floats(0, float.NaN)), StringComparison.Ordinal);

        static string Problem(NumpyType type, int[] shape, byte[] bytes) =>
            Assert.Throws<NumpyException>(() => new NumpyImages("x", new NumpyArray("images", type, shape, bytes))).Message;
    }

    [Fact]
    public void Labels_are_one_class_a_picture()
    {
        Assert.Equal([0, 1], LabelledData.Labels("x", Labels, 2));
        Assert.Equal([0, 1], LabelledData.Labels("x", new NumpyArray("labels", NumpyType.Float32, [2, 1], Floats(0, 1)), 2));
        Assert.Throws<NumpyException>(() => LabelledData.Labels("x", Labels, 3));
        Assert.Throws<NumpyException>(() => LabelledData.Labels("x", new NumpyArray("labels", NumpyType.UInt8, [2, 2], new byte[4]), 2));
        Assert.Throws<NumpyException>(() => LabelledData.Labels("x", new NumpyArray("labels", NumpyType.Float32, [2], Floats(0, 0.5f)), 2));
        Assert.Throws<NumpyException>(() => LabelledData.Labels("x", new NumpyArray("labels", NumpyType.Int8, [2], [0, 255]), 2));
    }

    [Fact]
    public void Each_use_has_its_part_of_an_archive()
    {
        string path = RealData.Require("pneumonia-mnist/pneumoniamnist.npz");
        Assert.Equal(2428, LabelledData.Open(path, DataUse.Training).Count);
        Assert.Equal(270, LabelledData.Open(path, DataUse.Validation).Count);
        Assert.Equal(468, LabelledData.Open(path, DataUse.Evaluation).Count);
        Assert.Equal(270, LabelledData.Open(path, DataUse.Evaluation, "val").Count);
        Assert.Equal(["LABEL_0", "LABEL_1"], LabelledData.Open(path, DataUse.Training).ClassNames);
        Assert.Equal(["normal", "pneumonia"], LabelledData.Open(path, DataUse.Training, classNames: ["normal", "pneumonia"]).ClassNames);
        Assert.Contains("has the label 1", Problem(() => LabelledData.Open(path, DataUse.Training, classNames: ["one"])), StringComparison.Ordinal);
        Assert.Contains("no pictures of the class third", Problem(() => LabelledData.Open(path, DataUse.Training, classNames: ["one", "two", "third"])), StringComparison.Ordinal);
        string digits = RealData.Require("mnist/mnist-test-3000.npz");
        Assert.Equal(3000, LabelledData.Open(digits, DataUse.Training).Count);
        Assert.Contains("'train_images'", Problem(() => LabelledData.Open(digits, DataUse.Training, "train")), StringComparison.Ordinal);
        Assert.Contains("no .npz archive", Problem(() => LabelledData.Open(RealData.Require("cifar10-jpeg/test"), DataUse.Training, "train")), StringComparison.Ordinal);

        static string Problem(Action open) => Assert.Throws<ImageException>(open).Message;
    }

    private static byte[] Image(NumpyType type, int[] shape, byte[] bytes) => new NumpyImages("x", new NumpyArray("images", type, shape, bytes)).Load(1).Pixels;

    private static byte[] Floats(params float[] values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }
}
