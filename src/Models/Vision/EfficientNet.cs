using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>EfficientNet and EfficientNetV2 as in torchvision (Tan and Le 2019, 2021): inverted residuals with squeeze-and-excitation, in the
/// first stages of V2 with one convolution in place of two.</summary>
public sealed class EfficientNet : ImageModel
{
    private const float DropProbability = 0.2f;
    private const float Epsilon = 1e-3f;

    // table 1 of the first paper
    private static readonly Row[] Base =
    [
        new(1, 3, 1, 16, 1), new(6, 3, 2, 24, 2), new(6, 5, 2, 40, 2), new(6, 3, 2, 80, 3), new(6, 5, 1, 112, 3), new(6, 5, 2, 192, 4), new(6, 3, 1, 320, 1),
    ];

    // table 4 of the second
    private static readonly Row[] Small =
    [
        new(1, 3, 1, 24, 2, IsFused: true), new(4, 3, 2, 48, 4, IsFused: true), new(4, 3, 2, 64, 4, IsFused: true), new(4, 3, 2, 128, 6),
        new(6, 3, 1, 160, 9), new(6, 3, 2, 256, 15),
    ];

    private static readonly Row[] Medium =
    [
        new(1, 3, 1, 24, 3, IsFused: true), new(4, 3, 2, 48, 5, IsFused: true), new(4, 3, 2, 80, 5, IsFused: true), new(4, 3, 2, 160, 7),
        new(6, 3, 1, 176, 14), new(6, 3, 2, 304, 18), new(6, 3, 1, 512, 5),
    ];

    private static readonly Row[] Large =
    [
        new(1, 3, 1, 32, 4, IsFused: true), new(4, 3, 2, 64, 7, IsFused: true), new(4, 3, 2, 96, 7, IsFused: true), new(4, 3, 2, 192, 10),
        new(6, 3, 1, 224, 19), new(6, 3, 2, 384, 25), new(6, 3, 1, 640, 7),
    ];

    private static readonly Initialiser Kaiming = Initialiser.KaimingNormal(fanOut: true);

    private EfficientNet(string name, Plan plan, int classes) : base(name)
    {
        int inputs = plan.StemChannels, total = plan.Rows.Sum(row => row.Blocks), number = 0, at = 1;
        AddSequence("stem", Add("features.0", Step(plan, 3, inputs, 3, stride: 2, activation: Activation.Silu)));
        foreach (var row in plan.Rows)
        {
            var blocks = new List<Layer>();
            for (int block = 0; block < row.Blocks; block++, number++)
            {
                blocks.Add(Block(plan, row, inputs, block == 0 ? row.Stride : 1, DropProbability * number / total));
                inputs = row.Outputs;
            }
            AddSequence(string.Create(CultureInfo.InvariantCulture, $"layer{at}"), Add($"features.{at++}", new Sequential(blocks)));
        }
        int last = plan.LastChannels ?? 4 * inputs;
        AddSequence("top", Add($"features.{at}", Step(plan, inputs, last, 1, activation: Activation.Silu)));
        // torchvision's bound is by the outputs of this layer, not by its inputs
        AddStage("head", Add("classifier", new Sequential(
            new Dropout(plan.Dropout), new Linear(last, classes, initialiser: Initialiser.UniformByFanIn(classes), biasInitialiser: Initialiser.Zeros))));
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["efficientnet_b0"] = First(5_288_548, 1.0, 1.0, 0.2f, 256, 224),
        ["efficientnet_b1"] = First(7_794_184, 1.0, 1.1, 0.2f, 255, 240, Interpolation.Bilinear),
        ["efficientnet_b2"] = First(9_109_994, 1.1, 1.2, 0.3f, 288, 288),
        ["efficientnet_b3"] = First(12_233_232, 1.2, 1.4, 0.3f, 320, 300),
        ["efficientnet_b4"] = First(19_341_616, 1.4, 1.8, 0.4f, 384, 380),
        ["efficientnet_b5"] = First(30_389_784, 1.6, 2.2, 0.4f, 456, 456, epsilon: Epsilon, momentum: 0.01f),
        ["efficientnet_b6"] = First(43_040_704, 1.8, 2.6, 0.5f, 528, 528, epsilon: Epsilon, momentum: 0.01f),
        ["efficientnet_b7"] = First(66_347_960, 2.0, 3.1, 0.5f, 600, 600, epsilon: Epsilon, momentum: 0.01f),
        ["efficientnet_v2_s"] = Second(21_458_488, Small, 24, 0.2f, ImagePreprocessing.ImageNetOf(384, 384)),
        ["efficientnet_v2_m"] = Second(54_139_356, Medium, 24, 0.3f, ImagePreprocessing.ImageNetOf(480, 480)),
        ["efficientnet_v2_l"] = Second(118_515_272, Large, 32, 0.4f, ImagePreprocessing.ImageNetOf(480, 480, Interpolation.Bicubic) with
        {
            Mean = new(0.5f, 0.5f, 0.5f),
            StandardDeviation = new(0.5f, 0.5f, 0.5f),
        }),
    };

    private static ModelRegistration First(
        long parameters, double width, double depth, float dropout, int shorterSide, int crop, Interpolation interpolation = Interpolation.Bicubic,
        float epsilon = 1e-5f, float momentum = 0.1f)
    {
        Row[] rows = [.. Base.Select(row => row with { Outputs = InvertedResidual.Channels(row.Outputs * width), Blocks = (int)Math.Ceiling(row.Blocks * depth) })];
        var plan = new Plan(rows, InvertedResidual.Channels(32 * width), null, dropout, epsilon, momentum);
        return Registration(parameters, plan, ImagePreprocessing.ImageNetOf(shorterSide, crop, interpolation));
    }

    private static ModelRegistration Second(long parameters, Row[] rows, int stem, float dropout, ImagePreprocessing preprocessing) =>
        Registration(parameters, new Plan(rows, stem, 1280, dropout, Epsilon, Momentum: 0.1f), preprocessing);

    private static ModelRegistration Registration(long parameters, Plan plan, ImagePreprocessing preprocessing) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new EfficientNet(name, plan, classes) { Seed = seed }, preprocessing);

    private static ConvNormActivation Step(
        Plan plan, int inputs, int outputs, int kernel, int stride = 1, int groups = 1, Activation? activation = null) =>
        ConvNormActivation.Same(inputs, outputs, kernel, stride, groups, activation, plan.Epsilon, plan.Momentum);

    private static InvertedResidual Block(Plan plan, Row row, int inputs, int stride, float dropProbability)
    {
        int wide = InvertedResidual.Channels(inputs * (double)row.Expansion);
        var steps = new List<(string, Layer)>();
        if (row.IsFused) Then(Step(plan, inputs, wide, row.Kernel, stride, activation: Activation.Silu));
        else
        {
            if (wide != inputs) Then(Step(plan, inputs, wide, 1, activation: Activation.Silu));
            Then(Step(plan, wide, wide, row.Kernel, stride, groups: wide, Activation.Silu));
            Then(new SqueezeExcitation(wide, Math.Max(1, inputs / 4), Activation.Silu, initialiser: Kaiming, biasInitialiser: Initialiser.Zeros));
        }
        bool isWhole = row.IsFused && wide == inputs;
        return new InvertedResidual(
            steps, isWhole ? null : ($"block.{steps.Count}", Step(plan, wide, row.Outputs, 1)), isResidual: stride == 1 && inputs == row.Outputs, dropProbability);

        void Then(Layer layer) => steps.Add(($"block.{steps.Count}", layer));
    }

    /// <summary>A stage: blocks of one shape, the first with a stride.</summary>
    private sealed record Row(int Expansion, int Kernel, int Stride, int Outputs, int Blocks, bool IsFused = false);

    private sealed record Plan(Row[] Rows, int StemChannels, int? LastChannels, float Dropout, float Epsilon, float Momentum);
}
