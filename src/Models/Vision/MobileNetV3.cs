using Graft.Autograd;

namespace Graft.Models;

/// <summary>MobileNetV3 as in torchvision (Howard et al. 2019): inverted residuals with hard swish and squeeze-and-excitation.</summary>
public sealed class MobileNetV3 : ImageModel
{
    private const float Epsilon = 1e-3f;
    private const float Momentum = 0.01f;

    // tables 1 and 2 of the paper
    private static readonly Row[] Large =
    [
        new(3, 16, 16), new(3, 64, 24, Stride: 2), new(3, 72, 24), new(5, 72, 40, true, Stride: 2), new(5, 120, 40, true), new(5, 120, 40, true),
        new(3, 240, 80, IsHard: true, Stride: 2), new(3, 200, 80, IsHard: true), new(3, 184, 80, IsHard: true), new(3, 184, 80, IsHard: true),
        new(3, 480, 112, true, true), new(3, 672, 112, true, true), new(5, 672, 160, true, true, 2), new(5, 960, 160, true, true), new(5, 960, 160, true, true),
    ];

    private static readonly Row[] Small =
    [
        new(3, 16, 16, true, Stride: 2), new(3, 72, 24, Stride: 2), new(3, 88, 24), new(5, 96, 40, true, true, 2), new(5, 240, 40, true, true),
        new(5, 240, 40, true, true), new(5, 120, 48, true, true), new(5, 144, 48, true, true), new(5, 288, 96, true, true, 2), new(5, 576, 96, true, true),
        new(5, 576, 96, true, true),
    ];

    private static readonly Initialiser Kaiming = Initialiser.KaimingNormal(fanOut: true);
    private static readonly Initialiser Narrow = Initialiser.Normal(0.01f);

    private MobileNetV3(string name, Row[] rows, int hidden, int classes) : base(name)
    {
        int inputs = 16, at = 0, stage = 1;
        var layers = new List<Layer> { Add($"features.{at++}", Step(3, inputs, 3, stride: 2, activation: Activation.HardSwish)) };
        foreach (var row in rows)
        {
            // a stage begins where the map shrinks
            if (row.Stride > 1) Close();
            layers.Add(Add($"features.{at++}", Block(row, inputs)));
            inputs = row.Outputs;
        }
        Close();
        int last = 6 * inputs;
        AddSequence("top", Add($"features.{at}", Step(inputs, last, 1, activation: Activation.HardSwish)));
        AddSequence(
            "hidden", new AdaptiveAveragePool2d(1, 1), new Flatten(), Add("classifier.0", Linear(last, hidden)),
            new ActivationLayer(Activation.HardSwish), Add("classifier.2", new Dropout(0.2f)));
        AddStage("head", Add("classifier.3", Linear(hidden, classes)));

        void Close()
        {
            AddSequence(stage == 1 ? "stem" : $"layer{stage - 1}", layers);
            layers = [];
            stage++;
        }
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["mobilenet_v3_large"] = ModelRegistration.ImageNet(
            5_483_032, static (name, classes, seed) => new MobileNetV3(name, Large, 1280, classes) { Seed = seed }, ImagePreprocessing.ImageNetOf(232, 224)),
        ["mobilenet_v3_small"] = ModelRegistration.ImageNet(
            2_542_856, static (name, classes, seed) => new MobileNetV3(name, Small, 1024, classes) { Seed = seed }),
    };

    private static ConvNormActivation Step(int inputs, int outputs, int kernel, int stride = 1, int groups = 1, Activation? activation = null) =>
        ConvNormActivation.Same(inputs, outputs, kernel, stride, groups, activation, Epsilon, Momentum);

    private static Linear Linear(int inputs, int outputs) => new(inputs, outputs, initialiser: Narrow, biasInitialiser: Initialiser.Zeros);

    private static InvertedResidual Block(Row row, int inputs)
    {
        int wide = row.Expanded;
        var activation = row.IsHard ? Activation.HardSwish : Activation.Relu;
        var steps = new List<(string, Layer)>();
        if (wide != inputs) Then(Step(inputs, wide, 1, activation: activation));
        Then(Step(wide, wide, row.Kernel, row.Stride, groups: wide, activation));
        if (row.HasExcitation)
            Then(new SqueezeExcitation(wide, InvertedResidual.Channels(wide / 4), gate: Activation.HardSigmoid, initialiser: Kaiming, biasInitialiser: Initialiser.Zeros));
        return new InvertedResidual(steps, ($"block.{steps.Count}", Step(wide, row.Outputs, 1)), isResidual: row.Stride == 1 && inputs == row.Outputs);

        void Then(Layer layer) => steps.Add(($"block.{steps.Count}", layer));
    }

    private sealed record Row(int Kernel, int Expanded, int Outputs, bool HasExcitation = false, bool IsHard = false, int Stride = 1);
}
