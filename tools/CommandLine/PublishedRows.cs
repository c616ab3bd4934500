using System.Globalization;
using System.Text.Json;

namespace Graft.CommandLine;

/// <summary>What is known of published weights, for people and for scripts.</summary>
public static class PublishedRows
{
    /// <summary>The headings of <see cref="Cells"/>.</summary>
    public static IReadOnlyList<string> Headings { get; } =
        ["weights", "architecture", "default", "parameters", "classes", "pictures", "acc@1", "data", "licence", "SHA-256", "source"];

    /// <summary>A row as the cells of a table.</summary>
    /// <param name="row">The row.</param>
    public static IReadOnlyList<string> Cells(PublishedWeights row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return
        [
            row.Name, row.Architecture, row.IsDefault ? "yes" : "", row.Parameters is { } parameters ? Tables.Count(parameters) : "",
            row.Classes > 0 ? Tables.Count(row.Classes) : "", row.Preprocessing is { } preprocessing ? Words(preprocessing) : "",
            row.Accuracy is { } accuracy ? accuracy.ToString("0.00", CultureInfo.InvariantCulture) : "", row.Data, row.Licence, row.Sha256Prefix ?? "", row.Source.ToString(),
        ];
    }

    /// <summary>Writes a row's facts as members of the current object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="row">The row.</param>
    public static void WriteWeights(this Utf8JsonWriter json, PublishedWeights row)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(row);
        json.WriteString("name", row.Name);
        json.WriteString("architecture", row.Architecture);
        json.WriteBoolean("isDefault", row.IsDefault);
        json.WriteString("source", row.Source.ToString());
        json.WriteString("sha256Prefix", row.Sha256Prefix);
        json.WriteString("licence", row.Licence);
        if (row.Parameters is { } parameters) json.WriteNumber("parameters", parameters);
        else json.WriteNull("parameters");
        json.WriteNumber("classes", row.Classes);
        json.WriteString("data", row.Data);
        json.WriteFigure("accuracy", row.Accuracy);
        if (row.Preprocessing is { } preprocessing) Write(json, preprocessing);
        else json.WriteNull("preprocessing");
    }

    private static void Write(Utf8JsonWriter json, ImagePreprocessing preprocessing)
    {
        json.WriteStartObject("preprocessing");
        if (preprocessing.ResizeShorterSide is { } side) json.WriteNumber("resizeShorterSide", side);
        WriteSize(json, "resizeTo", preprocessing.ResizeTo);
        WriteSize(json, "cropSize", preprocessing.CropSize);
        json.WriteString("interpolation", Method(preprocessing));
        WriteChannels(json, "mean", preprocessing.Mean);
        WriteChannels(json, "standardDeviation", preprocessing.StandardDeviation);
        json.WriteEndObject();
    }

    private static void WriteSize(Utf8JsonWriter json, string name, ImageSize? size)
    {
        if (size is not { } sides) return;
        json.WriteStartArray(name);
        json.WriteNumberValue(sides.Height);
        json.WriteNumberValue(sides.Width);
        json.WriteEndArray();
    }

    private static void WriteChannels(Utf8JsonWriter json, string name, RgbValues values)
    {
        json.WriteStartArray(name);
        for (int channel = 0; channel < RgbValues.Channels; channel++) json.WriteNumberValue(values[channel]);
        json.WriteEndArray();
    }

    private static string Words(ImagePreprocessing preprocessing)
    {
        string resized = preprocessing.ResizeShorterSide is { } side ? side.ToString(CultureInfo.InvariantCulture) : preprocessing.ResizeTo?.ToString() ?? "";
        string cropped = preprocessing.CropSize is { } size ? $", crop {size}" : "";
        return $"{resized}{cropped}, {Method(preprocessing)}";
    }

    private static string Method(ImagePreprocessing preprocessing) => preprocessing.Interpolation == Interpolation.Bicubic ? "bicubic" : "bilinear";
}
