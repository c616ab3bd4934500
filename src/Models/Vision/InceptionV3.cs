using Graft.Autograd;

namespace Graft.Models;

/// <summary>Inception v3 as in torchvision (Szegedy et al. 2015), with its auxiliary head.</summary>
public sealed class InceptionV3 : ImageModel
{
    private const float AuxiliaryWeight = 0.4f;
    private static readonly Initialiser Wide = Initialiser.Normal(0.1f);

    private InceptionV3(string name, int classes) : base(name)
    {
        Layer[] stem =
        [
            Add("Conv2d_1a_3x3", Convolution(3, 32, 3, stride: 2)), Add("Conv2d_2a_3x3", Convolution(32, 32, 3)),
            Add("Conv2d_2b_3x3", Convolution(32, 64, 3, padding: 1)), Add("maxpool1", new MaxPool2d(3, stride: 2)),
            Add("Conv2d_3b_1x1", Convolution(64, 80, 1)), Add("Conv2d_4a_3x3", Convolution(80, 192, 3)), Add("maxpool2", new MaxPool2d(3, stride: 2)),
        ];
        AddStage("stem", x => LayerScope.Chain(stem.AsSpan(), InceptionParts.Transform(x), (object?)null, static (layer, input, _) => layer.Forward(input)), stem);
        AddSequence("Mixed_5", Add("Mixed_5b", A(192, 32)), Add("Mixed_5c", A(256, 64)), Add("Mixed_5d", A(288, 64)));
        AddSequence(
            "Mixed_6", Add("Mixed_6a", B(288)), Add("Mixed_6b", C(768, 128)), Add("Mixed_6c", C(768, 160)), Add("Mixed_6d", C(768, 160)),
            Add("Mixed_6e", C(768, 192)));
        var auxiliary = Add("AuxLogits", new AuxiliaryHead(768, classes));
        AddSequence("Mixed_7", Add("Mixed_7a", D(768)), Add("Mixed_7b", E(1280)), Add("Mixed_7c", E(2048)));
        var dropout = Add("dropout", new Dropout(0.5f));
        var head = Add("fc", new Linear(2048, classes, initialiser: Wide));
        AddStage("head", x => head.Forward(dropout.Forward(x)), head, auxiliary);
        AddAuxiliaryHead("Mixed_6", auxiliary, AuxiliaryWeight);
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["inception_v3"] = ModelRegistration.ImageNet(
            27_161_264, static (name, classes, seed) => new InceptionV3(name, classes) { Seed = seed }, ImagePreprocessing.ImageNetOf(342, 299)) with
        { TransformsInput = true },
    };

    private static ConvNormActivation Convolution(int inputs, int outputs, int kernel, int stride = 1, int padding = 0) =>
        InceptionParts.Convolution(inputs, outputs, kernel, Wide, stride, padding);

    private static ConvNormActivation Oblong(int inputs, int outputs, int height, int width) =>
        InceptionParts.Convolution(inputs, outputs, (height, width), Wide);

    private static AveragePool2d Mean() => new(3, stride: 1, padding: 1);

    private static MaxPool2d Halve() => new(3, stride: 2);

    // A to E are torchvision's names of the blocks, figures 5 to 7 and 10 of the paper
    private static ParallelBranches A(int inputs, int pooled) => new(
        [("branch1x1", Convolution(inputs, 64, 1))],
        [("branch5x5_1", Convolution(inputs, 48, 1)), ("branch5x5_2", Convolution(48, 64, 5, padding: 2))],
        [("branch3x3dbl_1", Convolution(inputs, 64, 1)), ("branch3x3dbl_2", Convolution(64, 96, 3, padding: 1)), ("branch3x3dbl_3", Convolution(96, 96, 3, padding: 1))],
        [("", Mean()), ("branch_pool", Convolution(inputs, pooled, 1))]);

    private static ParallelBranches B(int inputs) => new(
        [("branch3x3", Convolution(inputs, 384, 3, stride: 2))],
        [("branch3x3dbl_1", Convolution(inputs, 64, 1)), ("branch3x3dbl_2", Convolution(64, 96, 3, padding: 1)), ("branch3x3dbl_3", Convolution(96, 96, 3, stride: 2))],
        [("", Halve())]);

    private static ParallelBranches C(int inputs, int narrow) => new(
        [("branch1x1", Convolution(inputs, 192, 1))],
        [("branch7x7_1", Convolution(inputs, narrow, 1)), ("branch7x7_2", Oblong(narrow, narrow, 1, 7)), ("branch7x7_3", Oblong(narrow, 192, 7, 1))],
        [
            ("branch7x7dbl_1", Convolution(inputs, narrow, 1)), ("branch7x7dbl_2", Oblong(narrow, narrow, 7, 1)), ("branch7x7dbl_3", Oblong(narrow, narrow, 1, 7)),
            ("branch7x7dbl_4", Oblong(narrow, narrow, 7, 1)), ("branch7x7dbl_5", Oblong(narrow, 192, 1, 7)),
        ],
        [("", Mean()), ("branch_pool", Convolution(inputs, 192, 1))]);

    private static ParallelBranches D(int inputs) => new(
        [("branch3x3_1", Convolution(inputs, 192, 1)), ("branch3x3_2", Convolution(192, 320, 3, stride: 2))],
        [
            ("branch7x7x3_1", Convolution(inputs, 192, 1)), ("branch7x7x3_2", Oblong(192, 192, 1, 7)), ("branch7x7x3_3", Oblong(192, 192, 7, 1)),
            ("branch7x7x3_4", Convolution(192, 192, 3, stride: 2)),
        ],
        [("", Halve())]);

    private static ParallelBranches E(int inputs) => new(
        [("branch1x1", Convolution(inputs, 320, 1))],
        [("branch3x3_1", Convolution(inputs, 384, 1)), ("", new ParallelBranches([("branch3x3_2a", Oblong(384, 384, 1, 3))], [("branch3x3_2b", Oblong(384, 384, 3, 1))]))],
        [
            ("branch3x3dbl_1", Convolution(inputs, 448, 1)), ("branch3x3dbl_2", Convolution(448, 384, 3, padding: 1)),
            ("", new ParallelBranches([("branch3x3dbl_3a", Oblong(384, 384, 1, 3))], [("branch3x3dbl_3b", Oblong(384, 384, 3, 1))])),
        ],
        [("", Mean()), ("branch_pool", Convolution(inputs, 192, 1))]);

    private sealed class AuxiliaryHead : Layer
    {
        private readonly ConvNormActivation first;
        private readonly ConvNormActivation second;
        private readonly Linear last;

        public AuxiliaryHead(int inputs, int classes)
        {
            first = Add("conv0", Convolution(inputs, 128, 1));
            second = Add("conv1", Convolution(128, 768, 5));
            last = Add("fc", new Linear(768, classes, initialiser: Initialiser.Normal(0.001f)));
        }

        protected override Variable Compute(Variable x) => last.Forward(second.Forward(first.Forward(x.AveragePool2d(5, stride: 3))).Mean(2, 3));
    }
}
