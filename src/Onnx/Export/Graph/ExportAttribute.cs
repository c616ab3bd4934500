using Graft.Onnx.Protocol;
using Kind = Graft.Onnx.Protocol.AttributeProto.Types.AttributeType;

namespace Graft.Onnx.Export;

/// <summary>Makes attributes of nodes.</summary>
internal static class ExportAttribute
{
    public static AttributeProto Of(string name, long value) => new() { Name = name, Type = Kind.Int, I = value };

    public static AttributeProto Of(string name, float value) => new() { Name = name, Type = Kind.Float, F = value };

    public static AttributeProto Of(string name, TensorProto value) => new() { Name = name, Type = Kind.Tensor, T = value };

    public static AttributeProto Of(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = Kind.Ints };
        foreach (long value in values) attribute.Ints.Add(value);
        return attribute;
    }
}
