using System.Text.Json;

namespace Graft.Tasks;

/// <summary>How training pictures were varied, as a member of a recipe in <c>graft.json</c>.</summary>
internal static class AugmentationMember
{
    /// <exception cref="CheckpointException">A number in it is impossible.</exception>
    public static TrainingAugmentation Read(JsonObjectReader member)
    {
        var augmentation = new TrainingAugmentation
        {
            CropPadding = member.Integer("crop_padding"),
            ResizedCrop = member.Object("resized_crop") is { } crop ? ReadCrop(crop) : null,
            HorizontalFlipProbability = (float)(member.Number("horizontal_flip") ?? 0),
        };
        try
        {
            augmentation.Validate();
        }
        catch (ArgumentException exception)
        {
            throw member.Wrong("horizontal_flip", "and the other settings do not go together: " + exception.Message, exception);
        }
        return augmentation;
    }

    public static void Write(Utf8JsonWriter writer, TrainingAugmentation augmentation)
    {
        if (augmentation.CropPadding is { } padding) writer.WriteNumber("crop_padding", padding);
        if (augmentation.ResizedCrop is { } crop)
        {
            writer.WriteStartObject("resized_crop");
            writer.WriteNumber("smallest_area", crop.SmallestArea);
            writer.WriteNumber("largest_area", crop.LargestArea);
            writer.WriteNumber("narrowest_aspect", crop.NarrowestAspect);
            writer.WriteNumber("widest_aspect", crop.WidestAspect);
            writer.WriteEndObject();
        }
        writer.WriteNumber("horizontal_flip", augmentation.HorizontalFlipProbability);
    }

    private static ResizedCropRange ReadCrop(JsonObjectReader crop)
    {
        var preset = new ResizedCropRange();
        return new ResizedCropRange
        {
            SmallestArea = crop.Number("smallest_area") ?? preset.SmallestArea,
            LargestArea = crop.Number("largest_area") ?? preset.LargestArea,
            NarrowestAspect = crop.Number("narrowest_aspect") ?? preset.NarrowestAspect,
            WidestAspect = crop.Number("widest_aspect") ?? preset.WidestAspect,
        };
    }
}
