using System.Text.Json;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How training pictures are varied, as a member of a recipe. A command line has words of its own for it, which mean the
/// model's own way or parts of it.</summary>
internal sealed class AugmentationOption() : RecipeOption<ImageFineTuneOptions>(null, "augmentation", "How training pictures are varied.")
{
    public override void Validate(ImageFineTuneOptions recipe) => recipe.Augmentation?.Validate();

    public override ImageFineTuneOptions Read(ImageFineTuneOptions recipe, JsonObjectReader members) =>
        members.Object(Key) is { } member ? recipe with { Augmentation = Read(member) } : recipe;

    public override void Write(Utf8JsonWriter writer, ImageFineTuneOptions recipe)
    {
        if (recipe.Augmentation is not { } augmentation) return;
        writer.WriteStartObject(Key);
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
        writer.WriteEndObject();
    }

    private static TrainingAugmentation Read(JsonObjectReader member)
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
