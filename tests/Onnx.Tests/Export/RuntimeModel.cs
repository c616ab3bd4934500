using Graft.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Onnx.Tests.Export;

/// <summary>A file as ONNX Runtime sees it.</summary>
internal sealed class RuntimeModel : IDisposable
{
    private static readonly RunOptions Options = new();

    private readonly InferenceSession session;

    public RuntimeModel(string path)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, IntraOpNumThreads = 1 };
        session = new InferenceSession(path, options);
    }

    public IReadOnlyList<string> InputNames => session.InputNames;

    public IReadOnlyDictionary<string, string> Metadata => session.ModelMetadata.CustomMetadataMap;

    /// <summary>The outputs by name, of inputs of floats or whole numbers.</summary>
    public Dictionary<string, (Shape Shape, float[] Values)> Run(params (string Name, Shape Shape, Array Values)[] inputs)
    {
        var values = inputs.ToDictionary(static input => input.Name, static input => Value(input.Shape, input.Values));
        try
        {
            using var outputs = session.Run(Options, values, session.OutputNames);
            return session.OutputNames.Select((name, at) => (name, outputs[at])).ToDictionary(
                static output => output.name,
                static output => (
                    new Shape(Array.ConvertAll(output.Item2.GetTensorTypeAndShape().Shape, static length => (int)length)),
                    output.Item2.GetTensorDataAsSpan<float>().ToArray()));
        }
        finally
        {
            foreach (var value in values.Values) value.Dispose();
        }
    }

    public void Dispose() => session.Dispose();

    private static OrtValue Value(Shape shape, Array values)
    {
        long[] lengths = Array.ConvertAll(shape.ToArray(), static length => (long)length);
        return values is float[] floats ? OrtValue.CreateTensorValueFromMemory(floats, lengths) : OrtValue.CreateTensorValueFromMemory((long[])values, lengths);
    }
}
