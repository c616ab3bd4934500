using Graft.Testing;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;

namespace Graft.Formats.Tests;

/// <summary>Plain HDF5 in every layout that h5py writes, against another reader.</summary>
public class Hdf5Tests
{
    private static readonly float[] Six = [0, 1, 2, 3, 4, 5];

    public Hdf5Tests() => KerasFormat.Register();

    [Theory]
    [InlineData("layouts.h5", 70)]
    [InlineData("layouts-latest.h5", 12)]
    public void Every_type_and_layout_is_read(string name, int many)
    {
        using var checkpoint = Checkpoint.Open(At(name));
        foreach (var (key, type) in ((string, string)[])[
            ("f4", "float32"), ("f8_big", "float64"), ("f2", "float16"), ("ti1", "int8"), ("ti2", "int16"), ("tbigi4", "int32"), ("ti8", "int64"),
            ("tu1", "uint8"), ("tu2", "uint16"), ("tbigu4", "uint32"), ("tu8", "uint64"), ("one_chunk", "float32")])
        {
            Assert.Equal($"{key} {type} [2, 3]", checkpoint[key].ToString());
            Assert.Equal(Six, checkpoint[key].ToSingleArray());
        }
        Assert.Equal([1, 0, 1], checkpoint["bool"].ToInt64Array());
        Assert.Equal([7.5f], checkpoint["scalar"].ToSingleArray());
        Assert.Empty(checkpoint["empty"].ToSingleArray());
        Assert.Equal([0f, 1, 2], checkpoint["compact"].ToSingleArray());
        if (name == "layouts.h5")
        {
            Assert.Equal(Enumerable.Range(0, 35).Select(value => (float)value), checkpoint["packed"].ToSingleArray());
            Assert.Equal(Enumerable.Range(0, 20).Select(value => (float)value), checkpoint["chunks"].ToSingleArray());
        }
        for (int at = 0; at < many; at++) Assert.Equal([at], checkpoint[$"many/name {at}"].ToSingleArray());
        Assert.DoesNotContain(checkpoint.Tensors, tensor => tensor.Key is "soft" or "external");
        foreach (var (key, what) in ((string, string)[])[("text", "of the type 'text'"), ("complex", "compound"), ("elsewhere", "in another file"), ("never_written", "was never written")])
            Assert.Contains(what, Assert.Throws<CheckpointException>(() => checkpoint[key].ToSingleArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Addresses_behind_a_user_block_count_from_its_end()
    {
        using var checkpoint = Checkpoint.Open(At("user-block.h5"));
        Assert.Equal([0f, 1, 2, 3], checkpoint["a"].ToSingleArray());
    }

    [Theory]
    [InlineData("keras2.h5")]
    [InlineData("keras3.weights.h5")]
    [InlineData("published")]
    public void Another_reader_finds_the_same_numbers(string name)
    {
        string path = name == "published" ? RealData.Require("keras-resnet8/pretrainedResnet.h5") : At(name);
        using var checkpoint = Checkpoint.Open(path);
        using var file = H5File.OpenRead(path);
        string root = name == "keras3.weights.h5" ? "" : "model_weights/";
        Assert.NotEmpty(checkpoint.Tensors);
        foreach (var tensor in checkpoint.Tensors)
        {
            var set = (NativeDataset)file.Dataset(root + tensor.Key);
            Assert.Equal(set.Space.Dimensions.Select(length => (long)length), tensor.Lengths);
            var expected = new float[tensor.ElementCount];
            set.Read(expected.AsSpan(), new AllSelection());
            Assert.Equal(expected, tensor.ToSingleArray());
        }
    }

    private static string At(string name) => Path.Combine(RealData.Repository, "tests", "Formats.Tests", "Golden", name);
}
