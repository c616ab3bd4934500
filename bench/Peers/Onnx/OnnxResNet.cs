using System.Globalization;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Peers;

/// <summary>A ResNet of ours in ONNX, batch norms and all: folding them is the other library's affair.</summary>
internal sealed class OnnxResNet(string architecture, int batch) : IOnnxModel
{
    private const string Images = "images";
    private const int Size = ResNetShape.ImageSize;

    public IReadOnlyList<(string Name, OrtValue Value)> MakeInputs() =>
        [(Images, OrtValue.CreateTensorValueFromMemory(Inputs.Uniform(Images, batch * 3L * Size * Size), [batch, 3, Size, Size]))];

    public (long ParameterCount, float[] Logits) Write(Stream file)
    {
        var model = ModelRegistry.Create(architecture, ResNetShape.Classes);
        using var onnx = new OnnxWriter(file);
        new Body(onnx, model.Parameters().Concat(model.Buffers()).ToDictionary(tensor => tensor.Name)).Write(ResNetShape.Of(architecture), batch);
        using var pass = Pass.Infer(Device.Cpu);
        var logits = model.Forward(pass.Constant(Inputs.Uniform(Device.Cpu, Images, [batch, 3, Size, Size])));
        return (onnx.ParameterCount, logits.Value.ToArray());
    }

    private sealed class Body(OnnxWriter onnx, Dictionary<string, Parameter> weights)
    {
        public void Write(ResNetShape shape, int batch)
        {
            string x = Convolution(onnx.Input(Images, OnnxWriter.Float, batch, 3, Size, Size), "conv1", "bn1", stride: 2);
            x = onnx.Node(
                "MaxPool", [Relu(x)], new("kernel_shape", [3, 3]), new("strides", [2, 2]), new OnnxAttribute("pads", [1, 1, 1, 1]));
            for (int stage = 0; stage < shape.Blocks.Count; stage++)
            {
                for (int block = 0; block < shape.Blocks[stage]; block++)
                {
                    string key = string.Create(CultureInfo.InvariantCulture, $"layer{stage + 1}.{block}");
                    x = Block(x, key, shape.Bottleneck, stride: stage > 0 && block == 0 ? 2 : 1);
                }
            }
            x = onnx.Node("Flatten", [onnx.Node("GlobalAveragePool", [x])]);
            x = onnx.Node("Gemm", [x, onnx.Weights(weights["fc.weight"]), onnx.Weights(weights["fc.bias"])], new OnnxAttribute("transB", 1L));
            onnx.Output(onnx.NodeNamed(IOnnxModel.Logits, "Identity", [x]), batch, ResNetShape.Classes);
        }

        private string Block(string x, string key, bool bottleneck, int stride)
        {
            string shortcut = weights.ContainsKey($"{key}.downsample.0.weight") ? Convolution(x, $"{key}.downsample.0", $"{key}.downsample.1", stride) : x;
            x = Relu(Convolution(x, $"{key}.conv1", $"{key}.bn1", bottleneck ? 1 : stride));
            x = Convolution(x, $"{key}.conv2", $"{key}.bn2", bottleneck ? stride : 1);
            if (bottleneck) x = Convolution(Relu(x), $"{key}.conv3", $"{key}.bn3", stride: 1);
            return Relu(onnx.Node("Add", [x, shortcut]));
        }

        private string Convolution(string x, string key, string norm, int stride)
        {
            var weight = weights[$"{key}.weight"];
            int kernel = weight.Shape[2], padding = kernel / 2;
            x = onnx.Node(
                "Conv", [x, onnx.Weights(weight)], new("kernel_shape", [kernel, kernel]), new("strides", [stride, stride]),
                new OnnxAttribute("pads", [padding, padding, padding, padding]));
            string[] parts = ["weight", "bias", "running_mean", "running_var"];
            return onnx.Node("BatchNormalization", [x, .. parts.Select(part => onnx.Weights(weights[$"{norm}.{part}"], isBuffer: part.StartsWith("running_", StringComparison.Ordinal)))], new OnnxAttribute("epsilon", 1e-5f));
        }

        private string Relu(string x) => onnx.Node("Relu", [x]);
    }
}
