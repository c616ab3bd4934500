"""usage: torchvision_rows.py > src/Models/Hub/Published/TorchvisionModels.cs

Writes the rows of torchvision's classification weights, from what torchvision itself says of them. The families are those that
Graft has; weights for other picture sizes than the architecture's own are left out where its parameters depend on the size (ViT's positions)."""
import inspect
import re
import torchvision.models as models
from torchvision.models._api import WeightsEnum
from torchvision.transforms import InterpolationMode

FAMILIES = r"alexnet|convnext|densenet|efficientnet|googlenet|inception|mobilenet|regnet_._(?!128)|resnet|resnext|wide_resnet|squeezenet|swin_[tsb]$|vgg|vit"
ADDRESS = "https://download.pytorch.org/models/"

rows = []
for kind in vars(models).values():
    if not (inspect.isclass(kind) and issubclass(kind, WeightsEnum) and kind is not WeightsEnum): continue
    architecture = kind.__name__.removesuffix("_Weights").lower()
    assert inspect.isfunction(getattr(models, architecture))
    if not re.match(FAMILIES, architecture): continue
    for weights in kind:
        meta, transforms = weights.meta, weights.transforms()
        if meta["categories"] is None: continue
        if architecture.startswith("vit") and transforms.crop_size != kind.DEFAULT.transforms().crop_size: continue
        file = weights.url.removeprefix(ADDRESS).removesuffix(".pth")
        accuracy = meta.get("_metrics", meta.get("metrics"))["ImageNet-1K"]["acc@1"]
        said = [f'"{architecture}"', f'"{weights.name}"', f'"{file}"', f"{meta['num_params']:_}", str(accuracy)]
        resize, crop = transforms.resize_size[0], transforms.crop_size[0]
        if resize != 256: said.append(f"resize: {resize}")
        if crop != 224: said.append(f"crop: {crop}")
        if transforms.interpolation == InterpolationMode.BICUBIC: said.append("isBicubic: true")
        if transforms.mean == [0.5, 0.5, 0.5]: said.append("isHalf: true")
        if "license" in meta: said.append("licence: Swag")
        if weights is kind.DEFAULT: said.append("isDefault: true")
        rows.append((architecture, f"        Row({', '.join(said)}),"))

print("""namespace Graft.Models;

/// <summary>torchvision's classification weights; written by tests/Hub.Tests/Golden/torchvision_rows.py.</summary>
internal static class TorchvisionModels
{
    private const string Swag = "CC-BY-NC-4.0";

    public static IReadOnlyList<PublishedWeights> Rows { get; } =
    [""")
for _, row in sorted(rows, key=lambda row: row[0]): print(row)
print("""    ];

    private static PublishedWeights Row(
        string architecture, string weights, string file, long parameters, double accuracy, int resize = 256, int crop = 224,
        bool isBicubic = false, bool isHalf = false, string licence = "BSD-3-Clause", bool isDefault = false)
    {
        var half = new RgbValues(0.5f, 0.5f, 0.5f);
        return new($"{architecture}.{weights}", architecture, new FileWeightSource(new Uri($"https://download.pytorch.org/models/{file}.pth")))
        {
            Preprocessing = new ImagePreprocessing
            {
                ResizeShorterSide = resize,
                CropSize = new ImageSize(crop, crop),
                Interpolation = isBicubic ? Interpolation.Bicubic : Interpolation.Bilinear,
                Mean = isHalf ? half : RgbValues.ImageNetMean,
                StandardDeviation = isHalf ? half : RgbValues.ImageNetStandardDeviation,
                Augmentation = TrainingAugmentation.ImageNet,
            },
            Classes = ImageNetClasses.Names.Count,
            ClassNames = ImageNetClasses.Names,
            Parameters = parameters,
            Accuracy = accuracy,
            Data = "ImageNet-1K",
            Sha256Prefix = file[(file.LastIndexOf('-') + 1)..],
            Licence = licence,
            IsDefault = isDefault,
        };
    }
}""")
