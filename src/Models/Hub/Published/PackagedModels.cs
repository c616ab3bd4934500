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
        ])
        {
            ContentHash = "AV8mUsLUfyDzyZ9WR9Xf4ted7HgDoHFHvo/+WAyvBE8lKH25CZ8PADtH9kDzovtRr9o1W2BHzDhocx26J9lrDA==",
        })
        {
            Preprocessing = new ImagePreprocessing { ResizeShorterSide = 256, CropSize = new ImageSize(224, 224), Augmentation = TrainingAugmentation.ImageNet },
            Parameters = 15_908_800,
            Data = "ImageNet-1K",
            Licence = "MIT",
        },
        Encoder("nuget-all-MiniLM-L6-v2", "MiniLM", 22_713_216, "AJM+3Ra+60auxx9S5uoCTdthJFHPUlrvO5iIEUwmk5g8mqFdDmfLtTbjwzQ6qk7q7ouEImpKhLlMm1QO7VUk1w=="),
        Encoder("nuget-snowflake-arctic-embed-xs", "ArcticXs", 22_565_376, "+d27/MxANiOBMwK73oBErLT7rLno5TPin28TVpsp293+RWw581eRHdS1L57o1pjVJ6HQwHQ+ROMWTwrWhWUfxw=="),
    ];

    private static PublishedWeights Encoder(string name, string package, long parameters, string contentHash) => new(
        name, "onnx", new PackageWeightSource($"SentenceTransformers.{package}", "24.9.52193",
        [
            new PackagedFile($"{Encoders}.{package}.dll", "model.onnx"),
            new PackagedFile($"{Encoders}.{package}.dll", "vocab.txt"),
        ])
        {
            ContentHash = contentHash,
        })
    {
        Parameters = parameters,
        Licence = "Apache-2.0",
    };
}
