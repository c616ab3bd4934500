namespace Graft.Models;

/// <summary>The ResNets of the CIFAR paper as github.com/akamaster/pytorch_resnet_cifar10 has trained them.</summary>
internal static class CifarModels
{
    public static IReadOnlyList<PublishedWeights> Rows { get; } =
    [
        Row(20, "12fca82f", 91.73),
        Row(32, "d509ac18", 92.63),
        Row(44, "014dd654", 93.10),
        Row(56, "4bfd9763", 93.39),
        Row(110, "1d1ed7c2", 93.68),
    ];

    private static PublishedWeights Row(int layers, string hash, double accuracy)
    {
        string architecture = $"cifar-resnet{layers}";
        var known = ModelRegistry.Pretrained(architecture);
        return new($"{architecture}.CIFAR10", architecture, new FileWeightSource(
            new Uri($"https://github.com/akamaster/pytorch_resnet_cifar10/raw/master/pretrained_models/resnet{layers}-{hash}.th")))
        {
            Preprocessing = known.Preprocessing,
            Classes = known.Classes,
            ClassNames = known.ClassNames,
            Parameters = known.Parameters,
            Accuracy = accuracy,
            Data = "CIFAR-10",
            Sha256Prefix = hash,
            Licence = "BSD-2-Clause",
            IsDefault = true,
        };
    }
}
