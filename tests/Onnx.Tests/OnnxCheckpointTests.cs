using System.Runtime.InteropServices;
using Google.Protobuf;
using Graft.Onnx.Protocol;
using DataType = Graft.Onnx.Protocol.TensorProto.Types.DataType;

namespace Graft.Onnx.Tests;

/// <summary>Initialisers as a checkpoint, from every field that may hold their numbers.</summary>
public sealed class OnnxCheckpointTests : IDisposable
{
    private readonly TestFolder folder = new();

    public OnnxCheckpointTests() => OnnxFormat.Register();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_field_of_numbers_is_read()
    {
        var model = Model();
        float[] numbers = [1f, -2.5f, 3f];
        Add(model, "raw", DataType.Float, tensor => tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(numbers.AsSpan())));
        Add(model, "float", DataType.Float, tensor => tensor.FloatData.Add(numbers));
        Add(model, "double", DataType.Double, tensor => tensor.DoubleData.Add([1, -2.5, 3]));
        Add(model, "half", DataType.Float16, tensor => tensor.Int32Data.Add(numbers.Select(number => (int)BitConverter.HalfToUInt16Bits((Half)number))));
        Add(model, "bfloat16", DataType.Bfloat16, tensor => tensor.Int32Data.Add(numbers.Select(number => (int)(BitConverter.SingleToUInt32Bits(number) >> 16))));
        Add(model, "int32", DataType.Int32, tensor => tensor.Int32Data.Add([1, -2, 3]));
        Add(model, "int16", DataType.Int16, tensor => tensor.Int32Data.Add([1, -2, 3]));
        Add(model, "int8", DataType.Int8, tensor => tensor.Int32Data.Add([1, -2, 3]));
        Add(model, "uint8", DataType.Uint8, tensor => tensor.Int32Data.Add([1, 200, 3]));
        Add(model, "bool", DataType.Bool, tensor => tensor.Int32Data.Add([1, 0, 1]));
        Add(model, "int64", DataType.Int64, tensor => tensor.Int64Data.Add([1, -2, 1L << 40]));
        Add(model, "uint64", DataType.Uint64, tensor => tensor.Uint64Data.Add([1, 2, 3]));
        var constant = new NodeProto { OpType = "Constant", Output = { "constant" } };
        constant.Attribute.Add(new AttributeProto { Name = "value", T = new TensorProto { DataType = (int)DataType.Float, Dims = { 3 }, FloatData = { numbers } } });
        model.Graph.Node.Add(constant);
        using var checkpoint = Open(model);

        Assert.Equal("onnx", checkpoint.Format);
        foreach (string key in (string[])["raw", "float", "double", "half", "bfloat16", "constant"]) Assert.Equal(numbers, checkpoint[key].ToSingleArray());
        foreach (string key in (string[])["int32", "int16", "int8"]) Assert.Equal([1, -2, 3], checkpoint[key].ToInt64Array());
        Assert.Equal([1, 200, 3], checkpoint["uint8"].ToInt64Array());
        Assert.Equal([1, 0, 1], checkpoint["bool"].ToInt64Array());
        Assert.Equal([1, -2, 1L << 40], checkpoint["int64"].ToInt64Array());
        Assert.Equal("uint64", checkpoint["uint64"].TypeName);
        Assert.Equal("13", checkpoint.Metadata["opset"]);
    }

    [Fact]
    public void Numbers_that_stand_one_by_one_are_read_too()
    {
        // field 4 with wire type 5, three times, as writers of the first years had it
        byte[] tensor = [8, 3, 16, 1, 66, 1, (byte)'x', 37, 0, 0, 128, 63, 37, 0, 0, 0, 64, 37, 0, 0, 64, 64];
        byte[] graph = [42, (byte)tensor.Length, .. tensor];
        File.WriteAllBytes(folder.At("old.onnx"), [8, 3, 58, (byte)graph.Length, .. graph]);
        using var checkpoint = Checkpoint.Open(folder.At("old.onnx"));
        Assert.Equal([1f, 2f, 3f], checkpoint["x"].ToSingleArray());
    }

    [Fact]
    public void External_numbers_are_read_from_the_folder_of_the_model_and_nowhere_else()
    {
        float[] numbers = [1, 2, 3, 4, 5];
        File.WriteAllBytes(folder.At("weights.bin"), MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray());
        using (var checkpoint = Open(External("weights.bin", 8, 12))) Assert.Equal([3f, 4f, 5f], checkpoint["x"].ToSingleArray());
        foreach (string location in (string[])["../weights.bin", "/etc/hostname", "a/../../weights.bin", "C:\\weights.bin", ""])
        {
            var exception = Assert.Throws<CheckpointException>(() => Open(External(location, 0, 12)));
            Assert.Contains("outside of the model's folder", exception.Message, StringComparison.Ordinal);
        }
        Assert.Throws<CheckpointException>(() => Open(External("weights.bin", 12, 12)));
        Assert.Throws<CheckpointException>(() => Open(External("weights.bin", 0, 20)));
        Assert.Throws<CheckpointException>(() => Open(External("none.bin", 0, 12)));
        File.CreateSymbolicLink(folder.At("link.bin"), "/etc/hostname");
        Assert.Contains("a link that leaves", Assert.Throws<CheckpointException>(() => Open(External("link.bin", 0, 12))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_that_the_numbers_do_not_fill_is_refused()
    {
        var model = Model();
        Add(model, "x", DataType.Float, tensor => tensor.FloatData.Add([1f, 2f]));
        Assert.Contains("which do not fill it", Assert.Throws<CheckpointException>(() => Open(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_an_ONNX_file_is_a_checkpoint()
    {
        var model = Model();
        Add(model, "x", DataType.Float, tensor => tensor.FloatData.Add([1f, 2f, 3f]));
        Open(model).Dispose();
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.Equal(["x"], checkpoint.Tensors.Select(tensor => tensor.Key));
    }

    private static ModelProto Model() => new()
    {
        IrVersion = 8,
        ProducerName = "tests",
        Graph = new GraphProto { Name = "graph" },
        OpsetImport = { new OperatorSetIdProto { Version = 13 } },
    };

    private static ModelProto External(string location, long offset, long length)
    {
        var model = Model();
        Add(model, "x", DataType.Float, tensor =>
        {
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{offset}" });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{length}" });
        });
        return model;
    }

    private static void Add(ModelProto model, string name, DataType type, Action<TensorProto> fill)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, Dims = { 3 } };
        fill(tensor);
        model.Graph.Initializer.Add(tensor);
    }

    private Checkpoint Open(ModelProto model)
    {
        File.WriteAllBytes(folder.At("model.onnx"), model.ToByteArray());
        return Checkpoint.Open(folder.At("model.onnx"));
    }
}
