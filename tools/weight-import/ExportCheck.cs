using Graft.Autograd;
using Graft.CommandLine;
using Graft.Onnx;
using Graft.Tensors;

namespace Graft.WeightImport;

/// <summary>Reads a file back that was exported, and compares what it gives with what the model gave.</summary>
/// <param name="Largest">The largest difference of the logits, relative to the largest of them; null where there is none.</param>
/// <param name="Note">Why the file could not be read back; null where it could.</param>
internal sealed record ExportCheck(double? Largest, string? Note)
{
    private const double Allowed = 1e-3;

    /// <summary>What was found, in a line.</summary>
    public string Summary => Largest is { } largest
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"read back, its logits differ by {largest:0.#e+00} of the largest at most")
        : $"not read back: {Printable.Text(Note!)}";

    /// <summary>Compares on random pictures.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The file.</param>
    /// <param name="images">[N, C, H, W].</param>
    /// <exception cref="WorkFailedException">The file gives other logits.</exception>
    public static ExportCheck Of(ImageModel model, string file, Shape images)
    {
        var pixels = new float[images.ElementCount];
        new RandomStream(1, "pixels").FillUniform(pixels, -2f, 2f);
        float[] read;
        try
        {
            using var again = OnnxImageModel.Open(file);
            read = Logits(again, images, pixels);
        }
        catch (CheckpointException exception)
        {
            return new ExportCheck(null, exception.Message);
        }
        float[] own = Logits(model, images, pixels);
        double size = own.Max(Math.Abs), largest = own.Zip(read).Max(static pair => Math.Abs((double)pair.First - pair.Second)) / (size > 0 ? size : 1);
        return own.Length == read.Length && largest <= Allowed
            ? new ExportCheck(largest, null)
            : throw new WorkFailedException($"{Printable.Text(file)}: read back, its logits differ by {largest} of the largest: do not use it");
    }

    private static float[] Logits(ImageModel model, Shape images, float[] pixels)
    {
        using var pass = Pass.Infer(Device.Cpu);
        return model.Forward(pass.Constant(pass.Upload<float>(images, pixels))).Value.ToArray();
    }
}
