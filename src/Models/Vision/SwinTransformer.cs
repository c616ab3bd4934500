using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>The Swin Transformer, version 1 (Liu et al. 2021), with torchvision's or Hugging Face's keys. Between the stages go maps
/// [N, C, H, W]; the features are the mean of the last one, normalised.</summary>
internal sealed class SwinTransformer : ImageModel
{
    private readonly SwinSettings settings;
    private readonly SwinKeys keys;
    private readonly SwinStage[] parts;
    private readonly LayerNorm norm;

    public SwinTransformer(string name, SwinSettings settings, SwinKeys keys) : base(name)
    {
        (this.settings, this.keys) = (settings, keys);
        AddStage("stem", Add("", new Patches(settings, keys)));
        int[] depths = settings.Depths;
        int blocks = depths.Sum(), width = settings.Width;
        parts = new SwinStage[depths.Length];
        for (int stage = 0, number = 0; stage < depths.Length; number += depths[stage++], width *= 2)
            parts[stage] = Add("", new SwinStage(stage, width, number, blocks, settings, keys));
        width /= 2;
        norm = Add(keys.Norm, new LayerNorm(width, settings.LayerNormEpsilon));
        for (int stage = 0; stage < depths.Length; stage++)
        {
            string called = string.Create(CultureInfo.InvariantCulture, $"stage{stage + 1}");
            // the last norm is the pooling's, and learns with the last stage
            if (stage < depths.Length - 1) AddStage(called, parts[stage]);
            else AddStage(called, parts[stage].Forward, parts[stage], norm);
        }
        AddStage("head", Add(keys.Head, new Linear(
            width, settings.Classes, initialiser: Initialiser.Normal(settings.InitialRange), biasInitialiser: Initialiser.Zeros)));
        if (keys.Trunk is { } trunk) IgnoreKey($"{trunk}.embeddings.mask_token");
    }

    public static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["swin_t"] = Torchvision(28_288_354, new() { StochasticDepth = 0.2f }, shorterSide: 232),
        ["swin_s"] = Torchvision(49_606_258, new() { Depths = [2, 2, 18, 2], StochasticDepth = 0.3f }, shorterSide: 246),
        ["swin_b"] = Torchvision(
            87_768_224, new() { Width = 128, Depths = [2, 2, 18, 2], Heads = [4, 8, 16, 32], StochasticDepth = 0.5f }, shorterSide: 238),
    };

    /// <summary>Hugging Face's family.</summary>
    public static ImageFamily Family { get; } = new("swin", ["SwinModel", "SwinForImageClassification"], (name, config, classes, seed, plain) =>
    {
        var settings = SwinSettings.Read(config, classes);
        return new SwinTransformer(
            name, plain ? settings with { Dropout = 0, AttentionDropout = 0, StochasticDepth = 0 } : settings, SwinKeys.HuggingFace)
        { Seed = seed };
    });

    internal override string? TrunkKey => keys.Trunk;

    public override ImageModel Remake(int classes, ulong seed) => new SwinTransformer(Name, settings with { Classes = classes }, keys) { Seed = seed };

    internal override Variable? AttentionOf(int stage, Variable input) => parts[stage - 1].Probabilities(input);

    protected override Variable Pool(Variable map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return norm.Forward(map.Permute(0, 2, 3, 1)).Mean(1, 2);
    }

    private static ModelRegistration Torchvision(long parameters, SwinSettings settings, int shorterSide) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new SwinTransformer(name, settings with { Classes = classes }, SwinKeys.Torchvision) { Seed = seed },
        ImagePreprocessing.ImageNetOf(shorterSide, 224, Interpolation.Bicubic));

    /// <summary>A convolution of patches that do not overlap, and a norm of each place's channels.</summary>
    private sealed class Patches : Layer
    {
        private readonly int side;
        private readonly bool pads;
        private readonly Conv2d convolution;
        private readonly LayerNorm norm;
        private readonly Dropout dropout;

        public Patches(SwinSettings settings, SwinKeys keys)
        {
            (side, pads) = (settings.Patch, keys.PadsPatches);
            // torchvision leaves this one map as PyTorch initialises it
            var initialiser = keys.Packed is null ? Initialiser.Normal(settings.InitialRange) : null;
            convolution = Add(keys.StemConvolution, new Conv2d(
                settings.Channels, settings.Width, side, side, initialiser: initialiser, biasInitialiser: initialiser is null ? null : Initialiser.Zeros));
            norm = Add(keys.StemNorm, new LayerNorm(settings.Width));
            dropout = Add("stem_dropout", new Dropout(settings.Dropout));
        }

        protected override Variable Compute(Variable x)
        {
            if (pads && x.Shape is { Rank: 4 } shape)
            {
                if (shape[2] % side is > 0 and var below) x = x.Pad(2, 0, side - below);
                if (shape[3] % side is > 0 and var right) x = x.Pad(3, 0, side - right);
            }
            return dropout.Forward(norm.Forward(convolution.Forward(x).Permute(0, 2, 3, 1))).Permute(0, 3, 1, 2);
        }
    }

    /// <summary>Blocks, and the merging of patches into the next stage's: [N, C, H, W] to [N, 2 C, H / 2, W / 2], or the last stage's same.</summary>
    private sealed class SwinStage : Layer
    {
        private readonly Block[] blocks;
        private readonly PatchMerging? merging;

        public SwinStage(int stage, int width, int first, int allBlocks, SwinSettings settings, SwinKeys keys)
        {
            blocks = new Block[settings.Depths[stage]];
            for (int block = 0; block < blocks.Length; block++)
            {
                float depth = allBlocks > 1 ? settings.StochasticDepth * (first + block) / (allBlocks - 1) : 0;
                blocks[block] = Add(keys.Block(stage, block), new Block(width, settings.Heads[stage], block % 2 == 1, depth, settings, keys));
            }
            if (stage < settings.Depths.Length - 1) merging = Add(keys.Merging(stage), new PatchMerging(width, settings));
        }

        /// <summary>Those of the last block, as Hugging Face gives them out.</summary>
        public Variable Probabilities(Variable x)
        {
            x = x.Permute(0, 2, 3, 1);
            foreach (var block in blocks[..^1]) x = block.Forward(x);
            return blocks[^1].Probabilities(x);
        }

        protected override Variable Compute(Variable x)
        {
            x = LayerScope.Chain(blocks.AsSpan(), x.Permute(0, 2, 3, 1), (object?)null, static (block, input, _) => block.Forward(input));
            return (merging?.Forward(x) ?? x).Permute(0, 3, 1, 2);
        }
    }

    /// <summary>Attention within windows and a perceptron, each behind a norm and added to its input: [N, H, W, C] to the same.</summary>
    private sealed class Block : Layer
    {
        private readonly Activation activation;
        private readonly LayerNorm normBefore;
        private readonly ShiftedWindowAttention attention;
        private readonly LayerNorm normAfter;
        private readonly Linear up;
        private readonly Linear down;
        private readonly Dropout dropout;
        private readonly StochasticDepth depth;

        public Block(int width, int heads, bool isShifted, float stochasticDepth, SwinSettings settings, SwinKeys keys)
        {
            activation = settings.Activation;
            var initial = Initialiser.Normal(settings.InitialRange);
            int inner = (int)(width * settings.PerceptronRatio);
            normBefore = Add(keys.NormBefore, new LayerNorm(width, settings.LayerNormEpsilon));
            attention = Add("", new ShiftedWindowAttention(width, heads, isShifted, settings, keys));
            normAfter = Add(keys.NormAfter, new LayerNorm(width, settings.LayerNormEpsilon));
            up = Add(keys.Up, new Linear(width, inner, initialiser: initial, biasInitialiser: Initialiser.Zeros));
            down = Add(keys.Down, new Linear(inner, width, initialiser: initial, biasInitialiser: Initialiser.Zeros));
            dropout = Add("dropout", new Dropout(settings.Dropout));
            depth = Add("stochastic_depth", new StochasticDepth(stochasticDepth));
        }

        public Variable Probabilities(Variable x) => attention.Probabilities(normBefore.Forward(x.Detach()));

        protected override Variable Compute(Variable x)
        {
            x += depth.Forward(attention.Forward(normBefore.Forward(x)));
            var inner = dropout.Forward(up.Forward(normAfter.Forward(x), activation));
            return dropout.IsActive(x.Pass) || depth.IsActive(x.Pass) ? x + depth.Forward(dropout.Forward(down.Forward(inner))) : down.Forward(inner, x);
        }
    }

    /// <summary>Four neighbours side by side, normalised and halved: [N, H, W, C] to [N, H / 2, W / 2, 2 C].</summary>
    private sealed class PatchMerging : Layer
    {
        private static readonly int[] ColumnsFirst = [0, 1, 3, 4, 2, 5];

        private readonly LayerNorm norm;
        private readonly Linear reduction;

        public PatchMerging(int width, SwinSettings settings)
        {
            reduction = Add("reduction", new Linear(4 * width, 2 * width, hasBias: false, Initialiser.Normal(settings.InitialRange)));
            norm = Add("norm", new LayerNorm(4 * width));
        }

        protected override Variable Compute(Variable x)
        {
            if (x.Shape[1] % 2 == 1) x = x.Pad(1, 0, 1);
            if (x.Shape[2] % 2 == 1) x = x.Pad(2, 0, 1);
            int count = x.Shape[0], height = x.Shape[1] / 2, width = x.Shape[2] / 2, channels = x.Shape[3];
            // of the four the one below comes before the one to the right
            var four = x.Reshape([count, height, 2, width, 2, channels]).Permute(ColumnsFirst).Reshape([count, height, width, 4 * channels]);
            return reduction.Forward(norm.Forward(four));
        }
    }
}
