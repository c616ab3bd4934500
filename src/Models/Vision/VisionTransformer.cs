using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>The Vision Transformer (Dosovitskiy et al. 2020) with torchvision's or Hugging Face's keys, and DeiT (Touvron et al. 2020). Between
/// the stages go tokens [N, T, D]; the features are the class token's, normalised.</summary>
internal sealed class VisionTransformer : ImageModel
{
    private const string Vit = "vit", Deit = "deit";

    private readonly VisionTransformerSettings settings;
    private readonly VisionTransformerStyle style;
    private readonly VisionTransformerLayer[] layers;
    private readonly LayerNorm norm;

    public VisionTransformer(string name, VisionTransformerSettings settings, VisionTransformerStyle style) : base(name)
    {
        (this.settings, this.style) = (settings, style);
        AddStage("stem", Add(style.Trunk ?? "", new VisionTransformerStem(settings, style)));
        layers = [.. Enumerable.Range(0, settings.Layers).Select(number => Add(
            style.InTrunk(string.Create(CultureInfo.InvariantCulture, $"{style.Layer}{number}")), new VisionTransformerLayer(settings, style)))];
        norm = Add(style.InTrunk(style.Norm), new LayerNorm(settings.Width, settings.LayerNormEpsilon));
        for (int number = 0; number < layers.Length; number++)
        {
            string stage = string.Create(CultureInfo.InvariantCulture, $"layer{number}");
            // the last norm is the pooling's, and learns with the last layer
            if (number < layers.Length - 1) AddStage(stage, layers[number]);
            else AddStage(stage, layers[number].Forward, layers[number], norm);
        }
        if (settings.HasDistillationHead) AddStage("head", Add("", new DistilledHead(settings.Width, settings.Classes, style.HeadWeight)));
        else AddStage("head", Add(style.Head, new Linear(settings.Width, settings.Classes, initialiser: style.HeadWeight, biasInitialiser: Initialiser.Zeros)));
        // the bare model's files have a pooler, and a token for masked pretraining
        foreach (string key in (string[])["pooler.dense.weight", "pooler.dense.bias", "embeddings.mask_token"])
            if (style.Trunk is not null) IgnoreKey(style.InTrunk(key));
    }

    public static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["vit_b_16"] = Torchvision(86_567_656, new(), ImagePreprocessing.ImageNet),
        ["vit_b_32"] = Torchvision(88_224_232, new() { Patch = 32 }, ImagePreprocessing.ImageNet),
        ["vit_l_16"] = Torchvision(304_326_632, Large, ImagePreprocessing.ImageNetOf(242, 224)),
        ["vit_l_32"] = Torchvision(306_535_400, Large with { Patch = 32 }, ImagePreprocessing.ImageNet),
        ["vit_h_14"] = Torchvision(
            633_470_440, new() { Image = new(518, 518), Patch = 14, Width = 1280, Layers = 32, Heads = 16, IntermediateWidth = 5120 },
            ImagePreprocessing.ImageNetOf(518, 518, Interpolation.Bicubic)),
    };

    /// <summary>Hugging Face's families.</summary>
    public static ImageFamily[] Families =>
    [
        new(Vit, ["ViTModel", "ViTForImageClassification"], (name, config, classes, seed, plain) =>
        {
            float range = config.Positive("initializer_range", 0.02f);
            return new VisionTransformer(
                name, Plain(VisionTransformerSettings.Read(config, classes), plain), VisionTransformerStyle.HuggingFace(Vit, range, Initialiser.Normal(range))) { Seed = seed };
        }),
        new(Deit, ["DeiTModel", "DeiTForImageClassification", "DeiTForImageClassificationWithTeacher"], (name, config, classes, seed, plain) =>
        {
            var read = VisionTransformerSettings.Read(config, classes) with
            {
                HasDistillationToken = true,
                HasDistillationHead = name.EndsWith("WithTeacher", StringComparison.Ordinal),
            };
            var style = VisionTransformerStyle.HuggingFace(Deit, config.Positive("initializer_range", 0.02f), Initialiser.Zeros);
            return new VisionTransformer(name, Plain(read, plain), style) { Seed = seed };
        }),
    ];

    public override ImageSize? InputSize => settings.Image;

    public override ImageModel Resize(ImageSize size, ulong seed = 0)
    {
        if (size == settings.Image) return this;
        if (Math.Min(size.Height, size.Width) < settings.Patch)
            throw new ArgumentException($"{Name} cuts pictures into patches of {settings.Patch} x {settings.Patch} pixels: {size} is too small");
        return new VisionTransformer(Name, settings with { Image = size }, style) { Seed = seed };
    }

    internal override ImageSize? SizeOf(Func<ModuleParameter, StoredTensor?> find)
    {
        string key = style.InTrunk(style.Positions);
        if (find(Tensors().First(tensor => tensor.Name == key))?.Lengths is not [1, var places, var width] || width != settings.Width) return null;
        long patches = places - (settings.HasDistillationToken ? 2 : 1);
        int side = (int)Math.Round(Math.Sqrt(Math.Max(0, patches)));
        // of a grid that is not square nothing is known
        return side > 0 && (long)side * side == patches && side <= HubConfig.LargestSide / settings.Patch ? new ImageSize(side * settings.Patch, side * settings.Patch) : null;
    }

    internal override string? TrunkKey => style.Trunk;

    public override ImageModel Remake(int classes, ulong seed) => new VisionTransformer(Name, settings with { Classes = classes }, style) { Seed = seed };

    internal override Variable? AttentionOf(int stage, Variable input) => layers[stage - 1].Probabilities(input);

    protected override Variable Pool(Variable map)
    {
        int tokens = settings.HasDistillationHead ? 2 : 1;
        return norm.Forward(map.Slice(1, 0, tokens)).Reshape([map.Shape[0], tokens * settings.Width]);
    }

    private static VisionTransformerSettings Large => new() { Width = 1024, Layers = 24, Heads = 16, IntermediateWidth = 4096 };

    private static ModelRegistration Torchvision(long parameters, VisionTransformerSettings settings, ImagePreprocessing preprocessing) => ModelRegistration.ImageNet(
        parameters,
        (name, classes, seed) => new VisionTransformer(name, settings with { Classes = classes }, VisionTransformerStyle.Torchvision(settings.Patch)) { Seed = seed },
        preprocessing);

    private static VisionTransformerSettings Plain(VisionTransformerSettings settings, bool plain) =>
        plain ? settings with { Dropout = 0, AttentionDropout = 0 } : settings;
}
