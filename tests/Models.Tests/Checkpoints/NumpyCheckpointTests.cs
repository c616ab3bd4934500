using System.IO.Compression;
using System.Text;
using Graft.Testing;

namespace Graft.Models.Tests;

public sealed class NumpyCheckpointTests : IDisposable
{
    private static readonly long[] Expected = [0, 1, 2, 3, 100, 120];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("numpy/stored.npz")]
    [InlineData("numpy/packed.npz")]
    public void Every_type_and_byte_order_is_read(string name)
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At(name));
        Assert.Equal("npz", checkpoint.Format);
        foreach (string type in (string[])["int8", "uint8", "int16", "int32", "int64", "float16", "float32", "float64", "uint16", "uint32", "uint64"])
            foreach (string key in type.EndsWith('8') ? (string[])[type] : [type, "big_" + type])
            {
                var tensor = checkpoint[key];
                Assert.Equal($"{key} {type} [2, 3]", tensor.ToString());
                Assert.Equal(Expected.Select(value => (float)value), tensor.ToSingleArray());
                if (type[0] != 'f') Assert.Equal(Expected, tensor.ToInt64Array());
            }
        Assert.Equal([0, 1, 1, 1, 1, 1], checkpoint["bool"].ToInt64Array());
        Assert.Equal(ElementType.Int32, checkpoint["uint16"].ElementType);
        Assert.Equal([65535], checkpoint["uint16_top"].ToInt64Array());
        Assert.Contains("beyond the largest int64", Assert.Throws<CheckpointException>(checkpoint["uint64_top"].ToInt64Array).Message, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 24).Select(value => (float)value), checkpoint["columns"].ToSingleArray());
        Assert.Equal([7.5f], checkpoint["scalar"].ToSingleArray());
        Assert.Equal(0, checkpoint["scalar"].Shape.Rank);
        Assert.Empty(checkpoint["empty"].ToSingleArray());
        Assert.Equal([1, 2], checkpoint["nested/name with spaces"].ToInt64Array());
    }

    [Fact]
    public void Arrays_of_other_types_are_listed_and_never_read()
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At("numpy/stored.npz"));
        foreach (var (key, line, what) in ((string, string, string)[])[
            ("objects", "objects |O [2]", "pickled Python objects"), ("texts", "texts <U3 [2]", "NumPy's type '<U3'"), ("complex", "complex <c16 [1]", "'<c16'"),
            ("times", "times <M8[ns] [1]", "'<M8[ns]'"), ("records", "records records [1]", "of records")])
        {
            Assert.Equal((ElementType.Other, line), (checkpoint[key].ElementType, checkpoint[key].ToString()));
            Assert.Contains(what, Assert.Throws<CheckpointException>(() => checkpoint[key].ToSingleArray()).Message, StringComparison.Ordinal);
        }
        foreach (string name in (string[])["numpy/objects.npy", "numpy/only-objects.npz"])
            Assert.Contains("pickled Python objects, which are never loaded", Assert.Throws<CheckpointException>(() => Checkpoint.Open(GoldenFiles.At(name))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_array_has_the_name_of_its_file()
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At("numpy/columns.npy"));
        Assert.Equal(("npy", "columns float32 [2, 3, 4]"), (checkpoint.Format, checkpoint.Tensors.Single().ToString()));
        Assert.Equal(Enumerable.Range(0, 24).Select(value => (float)value), checkpoint["columns"].ToSingleArray());
    }

    [Fact]
    public void What_is_written_is_what_NumPy_writes()
    {
        float[] matrix = [0, 1, 2, 3, 4, 5], scalar = [2];
        long[] vector = [0, 1, 2];
        foreach (var (name, entry) in ((string, TensorEntry)[])[
            ("matrix", TensorEntry.From("a", [2, 3], matrix)), ("vector", TensorEntry.From("a", [3], vector)), ("scalar", TensorEntry.From("a", [], scalar))])
        {
            NumpyWriter.WriteArray(folder.At(name), entry);
            Assert.Equal(File.ReadAllBytes(GoldenFiles.At($"numpy/{name}.npy")), File.ReadAllBytes(folder.At(name)));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_archive_is_read_as_it_was_written(bool compress)
    {
        using var source = Checkpoint.Open(GoldenFiles.At("numpy/stored.npz"));
        var tensors = source.Tensors.Where(tensor => tensor.ElementType != ElementType.Other && tensor.Key != "uint64_top").ToList();
        NumpyWriter.WriteArchive(folder.At("out.npz"), tensors.Select(TensorEntry.From), compress);
        NumpyWriter.WriteArchive(folder.At("again.npz"), tensors.Select(TensorEntry.From), compress);
        Assert.Equal(File.ReadAllBytes(folder.At("out.npz")), File.ReadAllBytes(folder.At("again.npz")));
        using (var zip = ZipFile.OpenRead(folder.At("out.npz"))) Assert.All(zip.Entries, entry => Assert.True(compress || entry.CompressedLength == entry.Length));
        using var written = Checkpoint.Open(folder.At("out.npz"));
        Assert.Equal(tensors.Select(tensor => tensor.Key), written.Tensors.Select(tensor => tensor.Key));
        foreach (var tensor in tensors)
        {
            Assert.Equal((tensor.ElementType, tensor.Shape), (written[tensor.Key].ElementType, written[tensor.Key].Shape));
            Assert.Equal(tensor.ToSingleArray(), written[tensor.Key].ToSingleArray());
        }
    }

    [Fact]
    public void Brain_floats_become_floats()
    {
        byte[] header = Encoding.UTF8.GetBytes("{\"a\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[0,6]}}");
        using var source = Checkpoint.OpenResource("brain", [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0, .. header, 0x80, 0x3F, 0x00, 0xC0, 0x80, 0x7F]);
        NumpyWriter.WriteArray(folder.At("a.npy"), TensorEntry.From(source["a"]));
        using var written = Checkpoint.Open(folder.At("a.npy"));
        Assert.Equal(ElementType.Float32, written["a"].ElementType);
        Assert.Equal([1, -2, float.PositiveInfinity], written["a"].ToSingleArray());
    }

    [Fact]
    public void Two_arrays_of_one_name_are_refused_and_nothing_is_left()
    {
        float[] one = [1];
        Assert.Throws<ArgumentException>(() => NumpyWriter.WriteArchive(folder.At("a.npz"), [TensorEntry.From("a", [1], one), TensorEntry.From("a", [1], one)]));
        Assert.Throws<InvalidOperationException>(() => NumpyWriter.WriteArchive(folder.At("a.npz"), [TensorEntry.From("a", [1], _ => throw new InvalidOperationException())]));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_packed_array_takes_no_memory_of_its_length_and_its_checksum_is_compared()
    {
        const int Count = 5_000_000;
        NumpyWriter.WriteArchive(folder.At("zeros.npz"), [TensorEntry.From("zeros", [Count], (Span<float> span) => span.Clear())], compress: true);
        using (var checkpoint = Checkpoint.Open(folder.At("zeros.npz")))
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            checkpoint["zeros"].CopyBytesTo(Stream.Null);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
        byte[] bytes = File.ReadAllBytes(GoldenFiles.At("numpy/packed.npz"));
        int checksum = bytes.AsSpan().IndexOf("PK\u0001\u0002"u8) + 16;
        bytes[checksum] ^= 1;
        using var damaged = Checkpoint.OpenResource("damaged.npz", bytes);
        Assert.Contains("cannot be unpacked", Assert.Throws<CheckpointException>(() => damaged.Tensors[0].ToSingleArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_published_archives_open()
    {
        using var xrays = Checkpoint.Open(RealData.Require("pneumonia-mnist/pneumoniamnist.npz"));
        Assert.Contains(xrays.Tensors, tensor => tensor.ToString() == "train_images uint8 [2428, 28, 28]");
        using var scores = Checkpoint.Open(RealData.Require("keyword-transformer/kwt1_golden_numpy.npz"));
        foreach (var tensor in scores.Tensors.Where(tensor => tensor.ElementType != ElementType.Other)) Assert.Equal(tensor.ElementCount, tensor.ToSingleArray().Length);
    }
}
