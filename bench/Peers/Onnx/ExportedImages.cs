using Graft.Autograd;
using Graft.Models;
using Graft.Onnx;
using Graft.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Peers;

/// <summary>An image model of ours as our exporter writes it, batch norms folded.</summary>
internal sealed class ExportedImages(string architecture, int batch) : IOnnxModel
{
    private const string Images = "pixel_values";

    private static ImageShape Shape => ImageShape.Standard;

    public IReadOnlyList<(string Name, OrtValue Value)> MakeInputs() =>
        [(Images, OrtValue.CreateTensorValueFromMemory(Inputs.Uniform("images", Shape.Of(batch).ElementCount), [batch, 3, Shape.Size, Shape.Size]))];

    public (long ParameterCount, float[] Logits) Write(Stream file)
    {
        var model = ModelRegistry.Create(architecture, Shape.Classes);
        string path = Path.GetTempFileName();
        try
        {
            OnnxExport.Write(model, Shape.Of(batch), path, new OnnxExportOptions { HasDynamicBatch = false });
            using var written = File.OpenRead(path);
            written.CopyTo(file);
        }
        finally
        {
            File.Delete(path);
        }
        using var pass = Pass.Infer(Device.Cpu);
        var logits = model.Forward(pass.Constant(Inputs.Uniform(Device.Cpu, "images", Shape.Of(batch))));
        return (model.Parameters().Sum(parameter => parameter.Shape.ElementCount), logits.Value.ToArray());
    }
}
