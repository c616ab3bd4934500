using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>ConvNeXt (Liu et al. 2022) with torchvision's or Hugging Face's keys: between the stages go maps [N, C, H, W]; the features are
/// their mean over the plane, normalised.</summary>
internal sealed class ConvNeXt : ImageModel
{
    private readonly ConvNeXtSettings settings;
    private readonly ConvNeXtKeys keys;
    private readonly LayerNorm norm;

    public ConvNeXt(string name, ConvNeXtSettings settings, ConvNeXtKeys keys) : base(name)
    {
        (this.settings, this.keys) = (settings, keys);
        int[] widths = settings.Widths;
        int blocks = settings.Depths.Sum(), number = 0;
        var stem = Add("", new Patches(settings.Channels, widths[0], settings.Patch, (keys.StemConvolution, keys.StemNorm), isNormFirst: false));
        AddStage("stem", stem);
        norm = Add(keys.Norm, new LayerNorm(widths[^1], settings.LastEpsilon));
        for (int stage = 0; stage < widths.Length; stage++)
        {
            var parts = new List<Layer>();
            if (stage > 0) parts.Add(Add("", new Patches(widths[stage - 1], widths[stage], 2, keys.Downsampling(stage), isNormFirst: true)));
            for (int block = 0; block < settings.Depths[stage]; block++, number++)
            {
                float depth = blocks > 1 ? settings.StochasticDepth * number / (blocks - 1) : 0;
                parts.Add(Add(keys.Block(stage, block), new Block(widths[stage], depth, settings, keys)));
            }
            var chain = parts.ToArray();
            // the last norm is the pooling's, and learns with the last stage
            AddStage(
                string.Create(CultureInfo.InvariantCulture, $"stage{stage + 1}"),
                x => LayerScope.Chain(chain.AsSpan(), x, (object?)null, static (layer, input, _) => layer.Forward(input)),
                stage < widths.Length - 1 ? chain : [.. chain, norm]);
        }
        AddStage("head", Add(keys.Head, new Linear(widths[^1], settings.Classes, initialiser: Initial, biasInitialiser: Initialiser.Zeros)));
    }

    public static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["convnext_tiny"] = Torchvision(28_589_128, new() { StochasticDepth = 0.1f }, shorterSide: 236),
        ["convnext_small"] = Torchvision(50_223_688, new() { Depths = [3, 3, 27, 3], StochasticDepth = 0.4f }, shorterSide: 230),
        ["convnext_base"] = Torchvision(
            88_591_464, new() { Widths = [128, 256, 512, 1024], Depths = [3, 3, 27, 3], StochasticDepth = 0.5f }, shorterSide: 232),
        ["convnext_large"] = Torchvision(
            197_767_336, new() { Widths = [192, 384, 768, 1536], Depths = [3, 3, 27, 3], StochasticDepth = 0.5f }, shorterSide: 232),
    };

    /// <summary>Hugging Face's family.</summary>
    public static ImageFamily Family { get; } = new("convnext", ["ConvNextModel", "ConvNextForImageClassification"], (name, config, classes, seed, plain) =>
    {
        var settings = ConvNeXtSettings.Read(config, classes);
        return new ConvNeXt(name, plain ? settings with { StochasticDepth = 0 } : settings, ConvNeXtKeys.HuggingFace) { Seed = seed };
    });

    internal override string? TrunkKey => keys.Trunk;

    private static Initialiser Initial { get; } = Initialiser.Normal(0.02f);

    public override ImageModel Remake(int classes, ulong seed) => new ConvNeXt(Name, settings with { Classes = classes }, keys) { Seed = seed };

    protected override Variable Pool(Variable map) => norm.Forward(base.Pool(map));

    private static ModelRegistration Torchvision(long parameters, ConvNeXtSettings settings, int shorterSide) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new ConvNeXt(name, settings with { Classes = classes }, ConvNeXtKeys.Torchvision) { Seed = seed },
        ImagePreprocessing.ImageNetOf(shorterSide, 224));

    /// <summary>A convolution of patches that do not overlap, and a norm of each place's channels before or behind it.</summary>
    private sealed class Patches : Layer
    {
        private readonly bool isNormFirst;
        private readonly Conv2d convolution;
        private readonly LayerNorm norm;

        public Patches(int inputs, int outputs, int side, (string Convolution, string Norm) keys, bool isNormFirst)
        {
            this.isNormFirst = isNormFirst;
            norm = Add(keys.Norm, new LayerNorm(isNormFirst ? inputs : outputs, ConvNeXtSettings.Epsilon));
            convolution = Add(keys.Convolution, new Conv2d(inputs, outputs, side, side, initialiser: Initial, biasInitialiser: Initialiser.Zeros));
        }

        protected override Variable Compute(Variable x) => isNormFirst ? convolution.Forward(Normalise(x)) : Normalise(convolution.Forward(x));

        private Variable Normalise(Variable x) => norm.Forward(x.Permute(0, 2, 3, 1)).Permute(0, 3, 1, 2);
    }

    /// <summary>A depthwise convolution, a norm and a perceptron of each place's channels, scaled channel by channel and added to the input.</summary>
    private sealed class Block : Layer
    {
        private readonly Activation activation;
        private readonly Conv2d depthwise;
        private readonly LayerNorm norm;
        private readonly Linear up;
        private readonly Linear down;
        private readonly Parameter? scale;
        private readonly StochasticDepth depth;

        public Block(int width, float stochasticDepth, ConvNeXtSettings settings, ConvNeXtKeys keys)
        {
            activation = settings.Activation;
            if (settings.LayerScale > 0)
                scale = AddParameter(keys.LayerScale, keys.IsScalePerPlane ? [width, 1, 1] : [width], Initialiser.Constant(settings.LayerScale));
            depthwise = Add(keys.Depthwise, new Conv2d(width, width, 7, padding: 3, groups: width, initialiser: Initial, biasInitialiser: Initialiser.Zeros));
            norm = Add(keys.BlockNorm, new LayerNorm(width, ConvNeXtSettings.Epsilon));
            up = Add(keys.Up, new Linear(width, 4 * width, initialiser: Initial, biasInitialiser: Initialiser.Zeros));
            down = Add(keys.Down, new Linear(4 * width, width, initialiser: Initial, biasInitialiser: Initialiser.Zeros));
            depth = Add("stochastic_depth", new StochasticDepth(stochasticDepth));
        }

        protected override Variable Compute(Variable x)
        {
            var branch = down.Forward(up.Forward(norm.Forward(depthwise.Forward(x).Permute(0, 2, 3, 1)), activation));
            if (scale is not null) branch *= x.Pass.Of(scale).Reshape([scale.Shape[0]]);
            return depth.Forward(branch.Permute(0, 3, 1, 2)) + x;
        }
    }
}

/// <summary>The sizes of a ConvNeXt; the defaults are those of the tiny one.</summary>
internal sealed record ConvNeXtSettings
{
    /// <summary>Of all norms but the last.</summary>
    public const float Epsilon = 1e-6f;

    public int Channels { get; init; } = 3;

    /// <summary>The side of the stem's patches in pixels.</summary>
    public int Patch { get; init; } = 4;

    public int[] Widths { get; init; } = [96, 192, 384, 768];

    public int[] Depths { get; init; } = [3, 3, 9, 3];

    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>The first value of a branch's factor for each channel; 0 for none.</summary>
    public float LayerScale { get; init; } = 1e-6f;

    /// <summary>The share of examples that do without the last block's branch; it grows from 0 at the first.</summary>
    public float StochasticDepth { get; init; }

    public float LastEpsilon { get; init; } = Epsilon;

    public int Classes { get; init; } = 1000;

    /// <summary>Reads Hugging Face's keys.</summary>
    /// <exception cref="CheckpointException">A setting is impossible or asks for what is not built.</exception>
    public static ConvNeXtSettings Read(HubConfig config, int classes)
    {
        var standard = new ConvNeXtSettings();
        var read = new ConvNeXtSettings
        {
            Channels = config.Count("num_channels", standard.Channels, HubConfig.MostChannels),
            Patch = config.Count("patch_size", standard.Patch, HubConfig.LargestSide),
            Widths = config.Counts("hidden_sizes", standard.Widths),
            Depths = config.Counts("depths", standard.Depths, HubConfig.MostLayers),
            Activation = config.Activation("hidden_act", standard.Activation),
            LayerScale = (float)(config.Members.Number("layer_scale_init_value") ?? standard.LayerScale),
            StochasticDepth = config.Share("drop_path_rate", 0),
            LastEpsilon = config.Positive("layer_norm_eps", 1e-12f),
            Classes = classes,
        };
        return read.Widths.Length == read.Depths.Length
            ? read : throw config.Fail("depths", $"has {read.Depths.Length} stages, but 'hidden_sizes' {read.Widths.Length}");
    }
}

/// <summary>The keys of a publisher's ConvNeXt.</summary>
internal sealed record ConvNeXtKeys
{
    /// <summary>What stands before the keys of all but the head; null for nothing.</summary>
    public string? Trunk { get; init; }

    public required string StemConvolution { get; init; }

    public required string StemNorm { get; init; }

    /// <summary>The convolution and the norm between two stages, by the number of the second.</summary>
    public required Func<int, (string Convolution, string Norm)> Downsampling { get; init; }

    /// <summary>A block by its stage and its number within it.</summary>
    public required Func<int, int, string> Block { get; init; }

    public required string Depthwise { get; init; }

    public required string BlockNorm { get; init; }

    public required string Up { get; init; }

    public required string Down { get; init; }

    public required string LayerScale { get; init; }

    /// <summary>Whether a block's factors are kept as [C, 1, 1], not [C].</summary>
    public bool IsScalePerPlane { get; init; }

    public required string Norm { get; init; }

    public required string Head { get; init; }

    public static ConvNeXtKeys Torchvision { get; } = new()
    {
        StemConvolution = "features.0.0",
        StemNorm = "features.0.1",
        Downsampling = static stage => (string.Create(CultureInfo.InvariantCulture, $"features.{2 * stage}.1"), string.Create(CultureInfo.InvariantCulture, $"features.{2 * stage}.0")),
        Block = static (stage, block) => string.Create(CultureInfo.InvariantCulture, $"features.{2 * stage + 1}.{block}"),
        Depthwise = "block.0",
        BlockNorm = "block.2",
        Up = "block.3",
        Down = "block.5",
        LayerScale = "layer_scale",
        IsScalePerPlane = true,
        Norm = "classifier.0",
        Head = "classifier.2",
    };

    public static ConvNeXtKeys HuggingFace { get; } = new()
    {
        Trunk = "convnext",
        StemConvolution = "convnext.embeddings.patch_embeddings",
        StemNorm = "convnext.embeddings.layernorm",
        Downsampling = static stage => (
            string.Create(CultureInfo.InvariantCulture, $"convnext.encoder.stages.{stage}.downsampling_layer.1"),
            string.Create(CultureInfo.InvariantCulture, $"convnext.encoder.stages.{stage}.downsampling_layer.0")),
        Block = static (stage, block) => string.Create(CultureInfo.InvariantCulture, $"convnext.encoder.stages.{stage}.layers.{block}"),
        Depthwise = "dwconv",
        BlockNorm = "layernorm",
        Up = "pwconv1",
        Down = "pwconv2",
        LayerScale = "layer_scale_parameter",
        Norm = "convnext.layernorm",
        Head = "classifier",
    };
}
