using System.Text.Json;

namespace Graft.Models;

/// <summary>Reads and writes Hugging Face's <c>preprocessor_config.json</c> of image classifiers.</summary>
/// <remarks>Read: the current keys, <c>size</c> and <c>crop_size</c> as a bare number (before transformers 4.26: of ViT's and DeiT's processors
/// both sides, as of any that then does not crop; else the shorter one) and <c>crop_pct</c> (ConvNeXt's, also ResNet's). Augmentation has no key there and is not part of the file.</remarks>
public static class PreprocessorConfig
{
    /// <summary>The file's name in a model's folder.</summary>
    public const string FileName = "preprocessor_config.json";

    /// <summary>From this size on ConvNeXt's processor scales to the exact size and does not crop.</summary>
    private const int WarpFrom = 384;

    /// <summary>Processors to which a bare number means both sides.</summary>
    private static readonly string[] SquareProcessors = ["ViT", "DeiT"];

    /// <summary>Reads the file; missing keys have the defaults of Hugging Face's processor.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file is missing or malformed, or asks for what Graft does not do.</exception>
    public static ImagePreprocessing Read(string path) => Read(JsonFile.Read(path));

    /// <summary>As <see cref="Read(string)"/>, from bytes.</summary>
    /// <param name="json">The file's bytes, UTF-8.</param>
    /// <param name="name">What complaints call them.</param>
    /// <exception cref="CheckpointException">They are malformed, or ask for what Graft does not do.</exception>
    public static ImagePreprocessing Parse(ReadOnlyMemory<byte> json, string name) => Read(JsonFile.Parse(json, name));

    /// <summary>Writes the file; one that is there is replaced whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="preprocessing">What is done to pictures; augmentation is no part of the file.</param>
    /// <exception cref="ArgumentException">The settings are contradictory or impossible.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, ImagePreprocessing preprocessing) => JsonFile.Write(path, writer => Write(writer, preprocessing));

    /// <summary>The bytes that <see cref="Write(string, ImagePreprocessing)"/> writes.</summary>
    /// <param name="preprocessing">What is done to pictures.</param>
    /// <exception cref="ArgumentException">The settings are contradictory or impossible.</exception>
    public static byte[] Format(ImagePreprocessing preprocessing) => JsonFile.Format(writer => Write(writer, preprocessing));

    private static ImagePreprocessing Read(JsonObjectReader config)
    {
        var (shorter, exact, crop) = Sizes(config);
        bool normalises = config.Flag("do_normalize") ?? true;
        var preprocessing = new ImagePreprocessing
        {
            ResizeShorterSide = shorter,
            ResizeTo = exact,
            CropSize = crop,
            Interpolation = ReadInterpolation(config),
            RescaleFactor = config.Flag("do_rescale") ?? true ? config.Number("rescale_factor") ?? 1.0 / 255 : 1,
            Mean = normalises ? ReadChannels(config, "image_mean") ?? RgbValues.ImageNetMean : default,
            StandardDeviation = normalises ? ReadChannels(config, "image_std") ?? RgbValues.ImageNetStandardDeviation : new RgbValues(1, 1, 1),
        };
        try
        {
            preprocessing.Validate();
        }
        catch (ArgumentException exception)
        {
            throw config.Wrong("size", "and the other settings do not go together: " + exception.Message, exception);
        }
        return preprocessing;
    }

    private static (int? Shorter, ImageSize? Exact, ImageSize? Crop) Sizes(JsonObjectReader config)
    {
        int? shorter = null;
        ImageSize? exact = null, crop = null;
        if (config.Flag("do_resize") ?? true) (shorter, exact) = ReadSize(config, "size");
        if (config.Number("crop_pct") is { } share && shorter is { } side)
        {
            if (!(share > 0 && share <= 1)) throw config.Wrong("crop_pct", $"is {share}, not a share in (0, 1]");
            if (side >= WarpFrom) return (null, new ImageSize(side, side), null);
            return ((int)(side / share), null, new ImageSize(side, side));
        }
        bool crops = config.Flag("do_center_crop") ?? config.TryGet("crop_size", out _);
        if (crops)
        {
            var (square, size) = ReadSize(config, "crop_size");
            crop = size ?? (square is { } length ? new ImageSize(length, length) : throw config.Missing("crop_size"));
        }
        string processor = config.Text("image_processor_type") ?? config.Text("feature_extractor_type") ?? "";
        bool isBare = config.TryGet("size", out var given) && given.ValueKind == JsonValueKind.Number;
        if (shorter is { } bare && isBare && (crop is null || Array.Exists(SquareProcessors, name => processor.StartsWith(name, StringComparison.Ordinal))))
            return (null, new ImageSize(bare, bare), crop);
        return (shorter, exact, crop);
    }

    private static (int? Shorter, ImageSize? Exact) ReadSize(JsonObjectReader config, string name)
    {
        if (!config.TryGet(name, out var value)) return (null, null);
        if (value.ValueKind == JsonValueKind.Number) return (config.Integer(name), null);
        var size = config.Object(name)!.Value;
        if (size.Integer("shortest_edge") is { } shorter) return (shorter, null);
        int? height = size.Integer("height"), width = size.Integer("width");
        if (height is null || width is null)
            throw config.Wrong(name, "has neither 'shortest_edge' nor 'height' and 'width'");
        return (null, new ImageSize(height.Value, width.Value));
    }

    private static Interpolation ReadInterpolation(JsonObjectReader config)
    {
        if (config.Integer("resample") is not { } number) return Interpolation.Bilinear;
        var interpolation = (Interpolation)number;
        return interpolation is Interpolation.Bilinear or Interpolation.Bicubic
            ? interpolation
            : throw config.Wrong("resample", $"is {number}; Graft resamples by 2 (bilinear) or 3 (bicubic)");
    }

    private static RgbValues? ReadChannels(JsonObjectReader config, string name)
    {
        if (config.Numbers(name) is not { } values) return null;
        return values.Count == RgbValues.Channels
            ? new RgbValues((float)values[0], (float)values[1], (float)values[2])
            : throw config.Wrong(name, $"has {values.Count} numbers, not one for each of red, green and blue");
    }

    private static void Write(Utf8JsonWriter writer, ImagePreprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        preprocessing.Validate();
        bool resizes = preprocessing.ResizeShorterSide is not null || preprocessing.ResizeTo is not null;
        writer.WriteBoolean("do_resize", resizes);
        if (preprocessing.ResizeShorterSide is { } side)
        {
            writer.WriteStartObject("size");
            writer.WriteNumber("shortest_edge", side);
            writer.WriteEndObject();
        }
        if (preprocessing.ResizeTo is { } exact) WriteSize(writer, "size", exact);
        writer.WriteNumber("resample", (int)preprocessing.Interpolation);
        writer.WriteBoolean("do_center_crop", preprocessing.CropSize is not null);
        if (preprocessing.CropSize is { } crop) WriteSize(writer, "crop_size", crop);
        writer.WriteBoolean("do_rescale", true);
        writer.WriteNumber("rescale_factor", preprocessing.RescaleFactor);
        writer.WriteBoolean("do_normalize", true);
        WriteChannels(writer, "image_mean", preprocessing.Mean);
        WriteChannels(writer, "image_std", preprocessing.StandardDeviation);
        writer.WriteBoolean("do_convert_rgb", true);
        // of Hugging Face's processors, the plain ones that do these steps in this order
        writer.WriteString("image_processor_type", preprocessing.ResizeTo is not null && preprocessing.CropSize is null ? "ViTImageProcessor" : "BitImageProcessor");
    }

    private static void WriteSize(Utf8JsonWriter writer, string name, ImageSize size)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("height", size.Height);
        writer.WriteNumber("width", size.Width);
        writer.WriteEndObject();
    }

    private static void WriteChannels(Utf8JsonWriter writer, string name, RgbValues values)
    {
        writer.WriteStartArray(name);
        for (int channel = 0; channel < RgbValues.Channels; channel++) writer.WriteNumberValue(values[channel]);
        writer.WriteEndArray();
    }
}
