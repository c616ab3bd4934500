using System.Buffers.Binary;
using System.Text;
using Graft.Testing;

namespace Graft.Models.Tests;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_written_is_read_again()
    {
        string path = folder.At("model.safetensors");
        float[] weight = [1, -2, 3.5f, float.NegativeInfinity, 1e-40f, -0f];
        long[] tracked = [long.MinValue];
        SafetensorsWriter.Write(path,
            [
                TensorEntry.From("kopf.gewicht \"ü\"", [2, 3], weight),
                TensorEntry.From("norm.num_batches_tracked", [], tracked),
                TensorEntry.From("asked", [2], destination => { destination[0] = 7; destination[1] = 8; }),
                TensorEntry.From("nothing", [0, 4], ReadOnlyMemory<float>.Empty),
            ],
            new Dictionary<string, string> { ["format"] = "pt", ["author"] = "é" });

        using var checkpoint = Checkpoint.Open(path);
        Assert.Equal("pt", checkpoint.Metadata["format"]);
        Assert.Equal("é", checkpoint.Metadata["author"]);
        Assert.Equal(["norm.num_batches_tracked", "asked", "kopf.gewicht \"ü\"", "nothing"], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Equal(weight.Select(BitConverter.SingleToInt32Bits), checkpoint["kopf.gewicht \"ü\""].ToSingleArray().Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(tracked, checkpoint["norm.num_batches_tracked"].ToInt64Array());
        Assert.Equal([7f, 8f], checkpoint["asked"].ToSingleArray());
        Assert.Equal("[0, 4]", checkpoint["nothing"].Shape.ToString());
        Assert.Empty(checkpoint["nothing"].ToSingleArray());
        Assert.Equal(["model.safetensors"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void The_header_is_aligned_and_the_bytes_do_not_depend_on_the_order()
    {
        float[] numbers = [1, 2];
        long[] count = [3];
        TensorEntry[] entries = [TensorEntry.From("b", [2], numbers), TensorEntry.From("a", [1], count), TensorEntry.From("c", [2], numbers)];
        SafetensorsWriter.Write(folder.At("one"), entries);
        SafetensorsWriter.Write(folder.At("two"), entries.Reverse());
        byte[] bytes = File.ReadAllBytes(folder.At("one"));
        Assert.Equal(bytes, File.ReadAllBytes(folder.At("two")));
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(bytes) % 8);
        Assert.Equal("{\"a\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
            + "\"c\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}}", Encoding.UTF8.GetString(bytes[8..^24]).TrimEnd());
    }

    [Fact]
    public void Published_files_are_rewritten_to_the_same_bytes()
    {
        foreach (string name in (string[])["bert-mlm", "resnet-imgcls", "t5-s2s"])
        {
            string source = RealData.Require($"hf-goldens/{name}/model.safetensors");
            using var checkpoint = Checkpoint.Open(source);
            SafetensorsWriter.Write(folder.At(name), checkpoint.Tensors.Reverse().Select(TensorEntry.From), checkpoint.Metadata);
            Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(folder.At(name)));
        }
    }

    [Fact]
    public void Every_type_of_a_PyTorch_file_survives_as_safetensors()
    {
        using (var source = Checkpoint.Open(GoldenFiles.At("zip-protocol2.pt")))
            SafetensorsWriter.Write(folder.At("x"), source.Tensors.Select(TensorEntry.From), source.Metadata);
        using var checkpoint = Checkpoint.Open(folder.At("x"));
        GoldenFiles.AssertHolds(checkpoint, "expected.json", inOrder: false);
        Assert.Equal("91.75", checkpoint.Metadata["best_prec1"]);
    }

    [Fact]
    public void A_failure_leaves_the_old_file_and_nothing_else()
    {
        string path = folder.Write("model.safetensors", "old"u8);
        Assert.Throws<InvalidDataException>(() => SafetensorsWriter.Write(path,
            [TensorEntry.From("a", [1], _ => throw new InvalidDataException("no numbers"))]));
        float[] number = [1];
        Assert.Throws<OperationCanceledException>(() => SafetensorsWriter.Write(path, [TensorEntry.From("a", [1], number)],
            cancellation: new CancellationToken(canceled: true)));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [TensorEntry.From("a", [1], number), TensorEntry.From("a", [1], number)]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [TensorEntry.From("__metadata__", [1], number)]));
        Assert.Throws<ArgumentException>(() => TensorEntry.From("a", [2], number));
        Assert.Throws<IOException>(() => SafetensorsWriter.Write(folder.Path, [TensorEntry.From("a", [1], number)]));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "needs 8 bytes but has 4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "truncated")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, "end at byte 4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "where 0 was due")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "overlap")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,4]}}", 8, "impossible bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "impossible length -1")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296],\"data_offsets\":[0,4]}}", 4, "impossible length")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,2147483647],\"data_offsets\":[0,4]}}", 4, "more elements than any file")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[0,2147483647,2147483647,2147483647],\"data_offsets\":[0,0]}}", 0, "more elements than any file")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, "axes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, "no valid JSON")]
    [InlineData("{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "of the type 'F8_E4M3', which is listed but not read")]
    [InlineData("{\"a\":{\"dtype\":\"U16\",\"shape\":[3],\"data_offsets\":[0,6]}}", 6, "of the type 'U16', which is listed but not read")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "lacks")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"code\":\"x\"}}", 4, "unknown property")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "two tensors")]
    [InlineData("{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "no valid JSON")]
    [InlineData("{\"__metadata__\":{\"a\":1}}", 0, "no valid JSON")]
    [InlineData("{\"a\":", 0, "no valid JSON")]
    [InlineData("{} {}", 0, "no valid JSON")]
    public void A_header_that_lies_is_refused(string header, int dataBytes, string reason)
    {
        var bytes = new byte[8 + Encoding.UTF8.GetByteCount(header) + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - 8 - dataBytes);
        Encoding.UTF8.GetBytes(header, bytes.AsSpan(8));
        Hostile.AssertRefused(folder.Write("x", bytes), reason);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1L << 40)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void A_header_longer_than_the_file_is_refused(long length)
    {
        byte[] bytes = [0, 0, 0, 0, 0, 0, 0, 0, .. "{}"u8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        Hostile.AssertRefused(folder.Write("x", bytes), "its header has");
    }

    [Fact]
    public void Shards_are_one_checkpoint_and_an_index_leads_nowhere_else()
    {
        float[] one = [1], two = [2];
        SafetensorsWriter.Write(folder.At("model-00001-of-00002.safetensors"), [TensorEntry.From("a", [1], one)]);
        SafetensorsWriter.Write(folder.At("model-00002-of-00002.safetensors"), [TensorEntry.From("b", [1], two)]);
        string index = folder.Write("model.safetensors.index.json",
            "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"b\":\"model-00002-of-00002.safetensors\",\"a\":\"model-00001-of-00002.safetensors\"}}"u8);
        foreach (string path in (string[])[index, folder.Path])
        {
            using var checkpoint = Checkpoint.Open(path);
            Assert.Equal("safetensors-sharded", checkpoint.Format);
            Assert.Equal("8", checkpoint.Metadata["total_size"]);
            Assert.Equal([1f], checkpoint["a"].ToSingleArray());
            Assert.Equal([2f], checkpoint["b"].ToSingleArray());
        }
        Hostile.AssertRefused(folder.Write("c.json", "{\"weight_map\":{\"a\":\"../x\"}}"u8), "no plain file name");
        Hostile.AssertRefused(folder.Write("d.json", "{\"weight_map\":{\"a\":\"d.json\"}}"u8), "where another index names a shard");
        Hostile.AssertRefused(folder.Write("e.json", "{\"weight_map\":{\"c\":\"model-00001-of-00002.safetensors\"}}"u8), "lacks the tensor 'c'");
        Hostile.AssertRefused(folder.Write("f.json", "{\"weight_map\":{\"a\":7}}"u8), "no plain file name");
        Hostile.AssertRefused(folder.Write("g.json", "[1]"u8), "text file");
        Hostile.AssertRefused(folder.Write("h.json", "{\"weight_map\":{\"a\":\"missing\"}}"u8), "no such file");
    }
}
