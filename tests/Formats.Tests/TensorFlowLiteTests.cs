using Google.FlatBuffers;
using Graft.Testing;

namespace Graft.Formats.Tests;

public class TensorFlowLiteTests
{
    public TensorFlowLiteTests() => TensorFlowLiteFormat.Register();

    [Fact]
    public void The_published_keyword_transformer_opens()
    {
        using var checkpoint = Checkpoint.Open(RealData.Require("keyword-transformer/non_stream.tflite"));
        Assert.Equal("tflite", checkpoint.Format);
        Assert.Equal("class_emb float32 [1, 1, 64]", checkpoint["class_emb"].ToString());
        Assert.Equal("pos_emb float32 [1, 99, 64]", checkpoint["pos_emb"].ToString());
        Assert.Equal([256, 64], checkpoint["kws_transformer/transformer_block_11/sequential_11/dense_71/Tensordot/MatMul"].Shape.ToArray());
        // the rest are tables of the front end and single constants of its graph
        Assert.Equal(607_308, checkpoint.Tensors.Where(tensor => tensor.ElementType == ElementType.Float32 && tensor.ElementCount > 1
            && !tensor.Key.StartsWith("speech_features/", StringComparison.Ordinal)).Sum(tensor => tensor.ElementCount));
        foreach (var tensor in checkpoint.Tensors) Assert.All(tensor.ToSingleArray(), value => Assert.True(float.IsFinite(value)));
        Assert.All(checkpoint["kws_transformer/transformer_block/layer_normalization/gamma"].ToSingleArray(), value => Assert.InRange(value, 0.01f, 10));
    }

    [Fact]
    public void Types_names_and_quantisation_are_those_of_the_file()
    {
        using var checkpoint = Checkpoint.OpenResource("small.tflite", SmallModel.Build());
        Assert.Equal("a small model", checkpoint.Metadata["description"]);
        Assert.Equal([1.5f, -2, 3], checkpoint["float"].ToSingleArray());
        Assert.Equal("half float16 [2]", checkpoint["half"].ToString());
        Assert.Equal([1f, -2], checkpoint["half"].ToSingleArray());
        Assert.Equal([-1, 0, 127, -128, 5, 6], checkpoint["per_axis"].ToInt64Array());
        Assert.Equal("2 scales on axis 0", checkpoint.Metadata["quantization.per_axis"]);
        Assert.Equal([-0.5f, 0, 63.5f, -32, 1.25f, 1.5f], TensorFlowLiteFormat.Dequantise(checkpoint, "per_axis"));
        Assert.Equal("scale 0.5, zero point 128", checkpoint.Metadata["quantization.per_tensor"]);
        Assert.Equal([-64f, 0, 63.5f], TensorFlowLiteFormat.Dequantise(checkpoint, "per_tensor"));
        Assert.Equal([1.5f, -2, 3], TensorFlowLiteFormat.Dequantise(checkpoint, "float"));
        Assert.Contains("of int4", Assert.Throws<CheckpointException>(() => checkpoint["small"].ToSingleArray()).Message, StringComparison.Ordinal);
        Assert.Equal(["float", "half", "per_axis", "per_tensor", "small", "float#6"], checkpoint.Tensors.Select(tensor => tensor.Key));
    }
}

/// <summary>A TFLite model with a tensor of each kind, built table by table.</summary>
internal static class SmallModel
{
    public static byte[] Build()
    {
        var builder = new FlatBufferBuilder(1024);
        byte[][] data =
        [
            [], [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f), .. BitConverter.GetBytes(3f)],
            [.. BitConverter.GetBytes((Half)1), .. BitConverter.GetBytes((Half)(-2))], [0xFF, 0, 127, 0x80, 5, 6], [0, 128, 255], [0x21],
        ];
        int[] buffers = [.. data.Select(bytes => Buffer(builder, bytes))];
        int[] tensors =
        [
            Tensor(builder, "float", 0, [3], 1), Tensor(builder, "half", 1, [2], 2), Tensor(builder, "per_axis", 9, [2, 3], 3, [0.5f, 0.25f], [0, 0]),
            Tensor(builder, "per_tensor", 3, [3], 4, [0.5f], [128]), Tensor(builder, "small", 17, [2], 5), Tensor(builder, "activation", 0, [1, 9], 0),
            Tensor(builder, "float", 0, [3], 1),
        ];
        int listed = Vector(builder, tensors);
        builder.StartTable(5);
        builder.AddOffset(0, listed, 0);
        int subgraphs = Vector(builder, [builder.EndTable()]), held = Vector(builder, buffers);
        var description = builder.CreateString("a small model");
        builder.StartTable(8);
        builder.AddUint(0, 3, 0);
        builder.AddOffset(2, subgraphs, 0);
        builder.AddOffset(3, description.Value, 0);
        builder.AddOffset(4, held, 0);
        builder.Finish(builder.EndTable(), "TFL3");
        return builder.SizedByteArray();
    }

    private static int Buffer(FlatBufferBuilder builder, byte[] bytes)
    {
        builder.StartVector(1, bytes.Length, 16);
        for (int at = bytes.Length - 1; at >= 0; at--) builder.AddByte(bytes[at]);
        int data = builder.EndVector().Value;
        builder.StartTable(1);
        if (bytes.Length > 0) builder.AddOffset(0, data, 0);
        return builder.EndTable();
    }

    private static int Tensor(FlatBufferBuilder builder, string name, byte type, int[] shape, uint buffer, float[]? scales = null, long[]? zeros = null)
    {
        int quantisation = 0;
        if (scales is not null)
        {
            builder.StartVector(4, scales.Length, 4);
            foreach (float scale in scales.Reverse()) builder.AddFloat(scale);
            int scale0 = builder.EndVector().Value;
            builder.StartVector(8, zeros!.Length, 8);
            foreach (long zero in zeros.Reverse()) builder.AddLong(zero);
            int zero0 = builder.EndVector().Value;
            builder.StartTable(7);
            builder.AddOffset(2, scale0, 0);
            builder.AddOffset(3, zero0, 0);
            quantisation = builder.EndTable();
        }
        var text = builder.CreateString(name);
        builder.StartVector(4, shape.Length, 4);
        foreach (int length in shape.Reverse()) builder.AddInt(length);
        int lengths = builder.EndVector().Value;
        builder.StartTable(8);
        builder.AddOffset(0, lengths, 0);
        builder.AddByte(1, type, 0);
        builder.AddUint(2, buffer, 0);
        builder.AddOffset(3, text.Value, 0);
        if (quantisation != 0) builder.AddOffset(4, quantisation, 0);
        return builder.EndTable();
    }

    private static int Vector(FlatBufferBuilder builder, int[] tables)
    {
        builder.StartVector(4, tables.Length, 4);
        foreach (int table in tables.Reverse()) builder.AddOffset(table);
        return builder.EndVector().Value;
    }
}
