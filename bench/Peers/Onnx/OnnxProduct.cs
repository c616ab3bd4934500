using Graft.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Peers;

/// <summary>c = a b as a graph of one node: both are inputs, so that neither is packed beforehand, as with the other peers.</summary>
internal sealed class OnnxProduct(int rows, int depth, int columns) : IOnnxModel
{
    public IReadOnlyList<(string Name, OrtValue Value)> MakeInputs() =>
    [
        ("a", OrtValue.CreateTensorValueFromMemory(Inputs.Uniform("a", (long)rows * depth), [rows, depth])),
        ("b", OrtValue.CreateTensorValueFromMemory(Inputs.Uniform("b", (long)depth * columns), [depth, columns])),
    ];

    public (long ParameterCount, float[] Logits) Write(Stream file)
    {
        using (var onnx = new OnnxWriter(file))
        {
            onnx.NodeNamed(IOnnxModel.Logits, "MatMul", [onnx.Input("a", OnnxWriter.Float, rows, depth), onnx.Input("b", OnnxWriter.Float, depth, columns)]);
            onnx.Output(IOnnxModel.Logits, rows, columns);
        }
        using var device = new CpuDevice();
        using var a = Inputs.Uniform(device, "a", [rows, depth]);
        using var b = Inputs.Uniform(device, "b", [depth, columns]);
        using var c = device.Rent<float>([rows, columns]);
        device.Gemm(default(NoEpilogue), a, b, bias: null, residual: null, c);
        return (0, c.ToArray());
    }
}
