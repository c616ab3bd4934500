namespace Graft.Models;

/// <summary>Repositories of the Hugging Face hub. Their own files say their classes and, beside what stands here, their preprocessing.</summary>
internal static class HubModels
{
    private const string Apache = "Apache-2.0";
    private const string Mit = "MIT";

    /// <summary>The shorter side to 256, bicubic, the middle 224 x 224; ImageNet's mean and deviation.</summary>
    private static readonly ImagePreprocessing Cropped = ImagePreprocessing.ImageNet with { Interpolation = Interpolation.Bicubic };

    /// <summary>To 224 x 224 whatever the aspect, bicubic; ImageNet's mean and deviation.</summary>
    private static readonly ImagePreprocessing Squeezed = new()
    {
        ResizeTo = new ImageSize(224, 224),
        Interpolation = Interpolation.Bicubic,
        Augmentation = TrainingAugmentation.ImageNet,
    };

    /// <summary>To 224 x 224 whatever the aspect, to values in [-1, 1].</summary>
    private static readonly ImagePreprocessing Halved = new()
    {
        ResizeTo = new ImageSize(224, 224),
        Mean = new RgbValues(0.5f, 0.5f, 0.5f),
        StandardDeviation = new RgbValues(0.5f, 0.5f, 0.5f),
        Augmentation = TrainingAugmentation.ImageNet,
    };

    /// <summary>timm's for a share of 0.95: the shorter side to 235, bicubic, the middle 224 x 224.</summary>
    private static readonly ImagePreprocessing Timm = Cropped with { ResizeShorterSide = 235 };

    public static IReadOnlyList<PublishedWeights> Rows { get; } =
    [
        Pictures("microsoft/resnet-18", "resnet", 11_689_512, Cropped),
        Pictures("microsoft/resnet-34", "resnet", 21_797_672, Cropped),
        Pictures("microsoft/resnet-50", "resnet", 25_557_032, Cropped),
        Pictures("microsoft/resnet-101", "resnet", 44_549_160, Cropped),
        Pictures("microsoft/resnet-152", "resnet", 60_192_808, Cropped),
        Pictures("google/vit-base-patch16-224", "vit", 86_567_656, Halved),
        Pictures("facebook/deit-tiny-patch16-224", "vit", 5_717_416, Cropped, 72.2),
        Pictures("facebook/deit-small-patch16-224", "vit", 22_050_664, Cropped, 79.9),
        Pictures("facebook/deit-base-patch16-224", "vit", 86_567_656, Cropped, 81.8),
        Pictures("microsoft/swin-tiny-patch4-window7-224", "swin", 28_288_354, Squeezed),
        Pictures("facebook/convnext-tiny-224", "convnext", 28_589_128, Cropped, 82.1),
        Pictures("timm/resnet18.a1_in1k", "resnet18", 11_689_512, Timm),
        Pictures("timm/resnet34.a1_in1k", "resnet34", 21_797_672, Timm),
        Pictures("timm/resnet50.a1_in1k", "resnet50", 25_557_032, Timm),
        Text("bert-base-uncased", "google-bert/bert-base-uncased", 109_482_240, "books and Wikipedia", Apache),
        Text("bert-base-cased", "google-bert/bert-base-cased", 108_310_272, "books and Wikipedia", Apache),
        Text("bert-large-uncased", "google-bert/bert-large-uncased", 335_141_888, "books and Wikipedia", Apache),
        Text("sentence-transformers/all-MiniLM-L6-v2", 22_713_216, "sentence pairs", Apache),
        Text("sentence-transformers/all-MiniLM-L12-v2", 33_360_000, "sentence pairs", Apache),
        Text("Snowflake/snowflake-arctic-embed-xs", 22_565_376, "retrieval pairs", Apache),
        Text("Snowflake/snowflake-arctic-embed-s", 33_212_160, "retrieval pairs", Apache),
        Text("BAAI/bge-small-en-v1.5", 33_360_000, "retrieval pairs", Mit),
        Text("intfloat/e5-small-v2", 33_360_000, "retrieval pairs", Mit),
        Text("thenlper/gte-small", 33_360_000, "retrieval pairs", Mit),
        Text("distilbert-base-uncased", "distilbert/distilbert-base-uncased", 66_362_880, "books and Wikipedia", Apache, "distilbert"),
        Text("roberta-base", "FacebookAI/roberta-base", 124_645_632, "books, Wikipedia, news and web pages", Mit, "roberta"),
        Text("xlm-roberta-base", "FacebookAI/xlm-roberta-base", 278_043_648, "web pages in 100 languages", Mit, "xlm-roberta"),
        Text("albert-base-v2", "albert/albert-base-v2", 11_683_584, "books and Wikipedia", Apache, "albert"),
        Text("google/electra-small-discriminator", 13_483_008, "books and Wikipedia", Apache, "electra"),
        Text("google/electra-base-discriminator", 108_891_648, "books and Wikipedia", Apache, "electra"),
        Text("sentence-transformers/all-mpnet-base-v2", 109_486_464, "sentence pairs", Apache, "mpnet"),
        Text("sentence-transformers/all-distilroberta-v1", 82_118_400, "sentence pairs", Apache, "roberta"),
    ];

    private static PublishedWeights Pictures(string repository, string architecture, long parameters, ImagePreprocessing preprocessing, double? accuracy = null) =>
        new(repository, architecture, new RepositoryWeightSource(repository))
        {
            Preprocessing = preprocessing,
            Classes = ImageNetClasses.Names.Count,
            Parameters = parameters,
            Accuracy = accuracy,
            Data = "ImageNet-1K",
            Licence = Apache,
        };

    private static PublishedWeights Text(string repository, long parameters, string data, string licence, string family = "bert") =>
        Text(repository, repository, parameters, data, licence, family);

    private static PublishedWeights Text(string name, string repository, long parameters, string data, string licence, string family = "bert") =>
        new(name, family, new RepositoryWeightSource(repository)) { Parameters = parameters, Data = data, Licence = licence };
}
