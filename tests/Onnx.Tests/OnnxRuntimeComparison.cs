using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Graft.Onnx.Tests;

/// <summary>What ONNX Runtime makes of a file.</summary>
internal static class OnnxRuntimeComparison
{
    /// <summary>Runs a file in ONNX Runtime and in our own model, eagerly and recorded, and compares all outputs of floats.</summary>
    public static void Same(string path, IReadOnlyDictionary<string, OnnxTensor> inputs, double tolerance = 1e-4, bool captures = true)
    {
        var wanted = Run(path, inputs);
        using var model = OnnxModel.Open(path);
        var given = model.Run(inputs);
        Assert.Equal(wanted.Keys.Order(StringComparer.Ordinal), given.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, (shape, values)) in wanted)
        {
            Assert.Equal(shape, given[name].Shape);
            Compare.Close(values, [.. given[name].As<float>()], tolerance);
        }
        if (!captures) return;
        using var captured = model.Capture(Tensors.Device.Cpu, inputs);
        float[][] results = [.. captured.OutputNames.Select(name => new float[wanted[name].Values.Length])];
        captured.Run(inputs, results);
        for (int i = 0; i < results.Length; i++) Compare.Close([.. given[captured.OutputNames[i]].As<float>()], results[i], 1e-5);
    }

    /// <summary>The outputs of ONNX Runtime.</summary>
    public static Dictionary<string, (int[] Shape, float[] Values)> Run(string path, IReadOnlyDictionary<string, OnnxTensor> inputs)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(path, options);
        using var results = session.Run([.. inputs.Select(input => Named(input.Key, input.Value))]);
        return results.ToDictionary(result => result.Name, result =>
        {
            var tensor = result.AsTensor<float>();
            return (tensor.Dimensions.ToArray(), tensor.ToArray());
        }, StringComparer.Ordinal);
    }

    private static NamedOnnxValue Named(string name, OnnxTensor tensor)
    {
        int[] shape = [.. tensor.Shape];
        return tensor.ElementType switch
        {
            "float32" => NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(tensor.As<float>().ToArray(), shape)),
            "int64" => NamedOnnxValue.CreateFromTensor(name, new DenseTensor<long>(tensor.As<long>().ToArray(), shape)),
            _ => throw new ArgumentException($"inputs of {tensor.ElementType} are not compared"),
        };
    }
}
