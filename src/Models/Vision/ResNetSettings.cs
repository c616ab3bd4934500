using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>The sizes of a ResNet.</summary>
internal sealed record ResNetSettings
{
    /// <summary>Whether blocks are of 1x1, 3x3, 1x1; else of 3x3, 3x3.</summary>
    public required bool IsBottleneck { get; init; }

    public required int[] Depths { get; init; }

    /// <summary>The channels of each stage's output.</summary>
    public required int[] Widths { get; init; }

    /// <summary>The channels within each stage's blocks.</summary>
    public required int[] InnerWidths { get; init; }

    public int Groups { get; init; } = 1;

    public int Channels { get; init; } = 3;

    public int StemWidth { get; init; } = 64;

    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Whether the first stage halves the plane too.</summary>
    public bool DownsamplesInFirstStage { get; init; }

    /// <summary>Whether a bottleneck halves the plane in its first convolution, as in the paper; else in the second.</summary>
    public bool StridesFirst { get; init; }

    public int Classes { get; init; } = 1000;

    public static ResNetSettings Torchvision(bool bottleneck, int[] blocks, int classes, int groups, int widthPerGroup)
    {
        int[] planes = [.. blocks.Select((_, stage) => 64 << stage)];
        return new ResNetSettings
        {
            IsBottleneck = bottleneck,
            Depths = blocks,
            Widths = bottleneck ? Array.ConvertAll(planes, width => 4 * width) : planes,
            InnerWidths = bottleneck ? Array.ConvertAll(planes, width => width * widthPerGroup / 64 * groups) : planes,
            Groups = groups,
            Classes = classes,
        };
    }

    /// <summary>Reads Hugging Face's keys.</summary>
    /// <exception cref="CheckpointException">A setting is impossible or asks for what is not built.</exception>
    public static ResNetSettings Read(HubConfig config, int classes)
    {
        const int Reduction = 4;
        bool bottleneck = config.Members.Text("layer_type") switch
        {
            null or "bottleneck" => true,
            "basic" => false,
            var other => throw config.Fail("layer_type", $"is '{Printable.Text(other)}', not bottleneck or basic"),
        };
        int[] depths = config.Counts("depths", [3, 4, 6, 3], HubConfig.MostLayers), widths = config.Counts("hidden_sizes", [256, 512, 1024, 2048]);
        if (widths.Length != depths.Length) throw config.Fail("depths", $"has {depths.Length} stages, but 'hidden_sizes' {widths.Length}");
        if (bottleneck && Array.Find(widths, width => width < Reduction) is > 0 and var narrow)
            throw config.Fail("hidden_sizes", $"has {narrow}, too few for a bottleneck");
        return new ResNetSettings
        {
            IsBottleneck = bottleneck,
            Depths = depths,
            Widths = widths,
            InnerWidths = bottleneck ? Array.ConvertAll(widths, width => width / Reduction) : widths,
            Channels = config.Count("num_channels", 3, HubConfig.MostChannels),
            StemWidth = config.Count("embedding_size", 64),
            Activation = config.Activation("hidden_act", Activation.Relu),
            DownsamplesInFirstStage = config.Flag("downsample_in_first_stage", false),
            StridesFirst = config.Flag("downsample_in_bottleneck", false),
            Classes = classes,
        };
    }
}

/// <summary>The keys of a publisher's ResNets.</summary>
internal sealed record ResNetKeys
{
    /// <summary>What stands before the keys of all but the head; null for nothing.</summary>
    public string? Trunk { get; init; }

    public required (string Convolution, string Norm) Stem { get; init; }

    /// <summary>A block by its stage and its number within it.</summary>
    public required Func<int, int, string> Block { get; init; }

    /// <summary>A convolution and its norm within a block, by their number.</summary>
    public required Func<int, (string Convolution, string Norm)> Step { get; init; }

    public required (string Convolution, string Norm) Shortcut { get; init; }

    public required string Head { get; init; }

    public static ResNetKeys Torchvision { get; } = new()
    {
        Stem = ("conv1", "bn1"),
        Block = static (stage, block) => string.Create(CultureInfo.InvariantCulture, $"layer{stage + 1}.{block}"),
        Step = static number => (string.Create(CultureInfo.InvariantCulture, $"conv{number + 1}"), string.Create(CultureInfo.InvariantCulture, $"bn{number + 1}")),
        Shortcut = ("downsample.0", "downsample.1"),
        Head = "fc",
    };

    public static ResNetKeys HuggingFace { get; } = new()
    {
        Trunk = "resnet",
        Stem = ("resnet.embedder.embedder.convolution", "resnet.embedder.embedder.normalization"),
        Block = static (stage, block) => string.Create(CultureInfo.InvariantCulture, $"resnet.encoder.stages.{stage}.layers.{block}"),
        Step = static number => (
            string.Create(CultureInfo.InvariantCulture, $"layer.{number}.convolution"), string.Create(CultureInfo.InvariantCulture, $"layer.{number}.normalization")),
        Shortcut = ("shortcut.convolution", "shortcut.normalization"),
        Head = "classifier.1",
    };
}
