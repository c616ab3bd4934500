namespace Graft.Models;

/// <summary>The <c>config.json</c> of a model that timm published: which architecture, how many classes, how pictures were prepared.</summary>
/// <param name="Architecture">timm's name of it, without the tag of its weights.</param>
/// <param name="Classes">The number of classes (<c>num_classes</c>); null where it is not said.</param>
/// <param name="Preprocessing">What is done to pictures; null where nothing is said of it.</param>
/// <param name="ClassNames">The classes' names in index order; null where they are not said.</param>
public sealed record TimmConfig(string Architecture, int? Classes, ImagePreprocessing? Preprocessing, IReadOnlyList<string>? ClassNames)
{
    /// <summary>Reads the config beside weights, where they are in a folder that has one of this kind; null anywhere else.</summary>
    /// <param name="weights">The file or folder of weights.</param>
    /// <exception cref="CheckpointException">It is of this kind and asks for what is not done here.</exception>
    public static TimmConfig? Find(string weights)
    {
        return File.Exists(Path.Combine(weights, HubConfig.FileName)) ? Read(HubConfig.Read(weights)) : null;
    }

    /// <summary>Refuses to go with another model or another head.</summary>
    /// <param name="weights">What complaints call the weights.</param>
    /// <param name="model">The architecture that they are for.</param>
    /// <param name="classes">The number of classes of the head in them.</param>
    /// <exception cref="CheckpointException">The config names another architecture or number of classes.</exception>
    public void Require(string weights, string model, int classes)
    {
        if (Architecture != model)
            throw new CheckpointException(weights, $"its {HubConfig.FileName} says that the weights are of '{Printable.Text(Architecture)}', not of {model}");
        if (Classes is { } said && said != 0 && said != classes)
            throw new CheckpointException(weights, $"its {HubConfig.FileName} says {said} classes, but the head in the weights has {classes}");
    }

    private static TimmConfig? Read(HubConfig config)
    {
        if (config.TimmArchitecture() is not { } architecture) return null;
        var members = config.Members;
        int? classes = members.Integer("num_classes");
        var names = members.Texts("label_names");
        if (classes is { } count && names is not null && names.Count != count)
            throw members.Wrong("label_names", $"has {names.Count} names of {count} classes");
        return new TimmConfig(architecture, classes, members.Object("pretrained_cfg") is { } way ? ModelRegistry.PreprocessingFor(architecture, ReadPreprocessing(way)) : null, names);
    }

    private static ImagePreprocessing ReadPreprocessing(JsonObjectReader config)
    {
        var published = ImagePreprocessing.ImageNet;
        int side = 224;
        if (config.Numbers("input_size") is { } size)
            side = size is [RgbValues.Channels, var height, var width] && height == width && height is >= 1 and <= 16384 && height == Math.Floor(height)
                ? (int)height : throw config.Wrong("input_size", "is not [3, side, side] of a picture in colour");
        double share = config.Number("crop_pct") ?? 0.875;
        if (!(share is > 0 and <= 1)) throw config.Wrong("crop_pct", $"is {share}, not a share in (0, 1]");
        var square = new ImageSize(side, side);
        int whole = (int)Math.Floor(side / share);
        published = config.Text("crop_mode") switch
        {
            null or "center" => published with { ResizeShorterSide = whole, CropSize = square },
            "squash" => published with { ResizeShorterSide = null, ResizeTo = new ImageSize(whole, whole), CropSize = square },
            var other => throw config.Wrong("crop_mode", $"is '{Printable.Text(other)}'; Graft crops by center and squash"),
        };
        published = published with
        {
            Interpolation = config.Text("interpolation") switch
            {
                null or "bilinear" => Interpolation.Bilinear,
                "bicubic" => Interpolation.Bicubic,
                var other => throw config.Wrong("interpolation", $"is '{Printable.Text(other)}'; Graft resamples by bilinear or bicubic"),
            },
            Mean = Channels(config, "mean") ?? published.Mean,
            StandardDeviation = Channels(config, "std") ?? published.StandardDeviation,
        };
        try
        {
            published.Validate();
            return published;
        }
        catch (ArgumentException exception)
        {
            throw config.Wrong("input_size", "and the other settings do not go together: " + exception.Message, exception);
        }
    }

    private static RgbValues? Channels(JsonObjectReader config, string name) => config.Numbers(name) switch
    {
        null => null,
        [var red, var green, var blue] => new RgbValues((float)red, (float)green, (float)blue),
        var values => throw config.Wrong(name, $"has {values.Count} numbers, not one for each of red, green and blue"),
    };
}
