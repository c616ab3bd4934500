using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx.Tests.Export;

/// <summary>A folder for exported files, gone after the test, and what the tests compare.</summary>
internal sealed class ExportFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("graft-export-");

    public string File(string name) => Path.Combine(folder.FullName, name);

    public IEnumerable<string> Files => folder.EnumerateFiles().Select(static file => file.Name).Order(StringComparer.Ordinal);

    public void Dispose() => folder.Delete(recursive: true);

    public static float[] Pixels(Shape shape, ulong seed = 7)
    {
        var stream = new RandomStream(seed, "pixels");
        var pixels = new float[shape.ElementCount];
        for (int at = 0; at < pixels.Length; at++) pixels[at] = stream.Uniform((ulong)at) * 4 - 2;
        return pixels;
    }

    public static float[] Logits(ImageModel model, Shape images, float[] pixels)
    {
        using var pass = Pass.Infer(Device.Cpu);
        return model.Forward(pass.Constant(pass.Upload<float>(images, pixels))).Value.ToArray();
    }

    /// <summary>Exports a model, and compares what ONNX Runtime makes of the file with what we make of the model, at a batch that was not
    /// recorded.</summary>
    public OnnxExportReport Check(ImageModel model, Shape images, OnnxExportOptions? options = null, double tolerance = 1e-4)
    {
        string path = File("model.onnx");
        var report = OnnxExport.Write(model, images, path, options);
        Compare(model, images, path, tolerance);
        return report;
    }

    public static void Compare(ImageModel model, Shape images, string path, double tolerance = 1e-4)
    {
        float[] pixels = Pixels(images), expected = Logits(model, images, pixels);
        using var runtime = new RuntimeModel(path);
        var (_, logits) = runtime.Run(("pixel_values", images, pixels))["logits"];
        Near(expected, logits, tolerance);
    }

    public static void Near(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double size = Math.Max(1, expected.Max(Math.Abs)), largest = 0;
        for (int at = 0; at < expected.Length; at++)
        {
            Assert.True(float.IsFinite(actual[at]), $"{actual[at]} at {at}");
            largest = Math.Max(largest, Math.Abs((double)expected[at] - actual[at]));
        }
        Assert.True(largest <= tolerance * size, $"the largest difference is {largest}, of values up to {size}");
    }
}
