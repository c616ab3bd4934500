using Graft.Autograd;

namespace Graft.Models;

/// <summary>GoogLeNet with batch norms as in torchvision (Szegedy et al. 2014); with its two auxiliary heads or, as torchvision makes it with
/// published weights, without them.</summary>
public sealed class GoogLeNet : ImageModel
{
    private const float AuxiliaryWeight = 0.3f;
    private static readonly Initialiser Narrow = Initialiser.Normal(0.01f);

    private GoogLeNet(string name, bool hasAuxiliaryHeads, int classes) : base(name)
    {
        Layer[] stem =
        [
            Add("conv1", Convolution(3, 64, 7, stride: 2, padding: 3)), Pool(), Add("conv2", Convolution(64, 64, 1)),
            Add("conv3", Convolution(64, 192, 3, padding: 1)), Pool(),
        ];
        AddStage("stem", x => LayerScope.Chain(stem.AsSpan(), InceptionParts.Transform(x), (object?)null, static (layer, input, _) => layer.Forward(input)), [stem[0], stem[2], stem[3]]);
        AddSequence("inception3", Add("inception3a", Inception(192, 64, 96, 128, 16, 32, 32)), Add("inception3b", Inception(256, 128, 128, 192, 32, 96, 64)), Pool());
        AddSequence("inception4a", Add("inception4a", Inception(480, 192, 96, 208, 16, 48, 64)));
        AddSequence(
            "inception4bcd", Add("inception4b", Inception(512, 160, 112, 224, 24, 64, 64)), Add("inception4c", Inception(512, 128, 128, 256, 24, 64, 64)),
            Add("inception4d", Inception(512, 112, 144, 288, 32, 64, 64)));
        AddSequence("inception4e", Add("inception4e", Inception(528, 256, 160, 320, 32, 128, 128)), new MaxPool2d(2, stride: 2, ceilMode: true));
        AddSequence("inception5", Add("inception5a", Inception(832, 256, 160, 320, 32, 128, 128)), Add("inception5b", Inception(832, 384, 192, 384, 48, 128, 128)));
        var auxiliary = new List<Layer>();
        if (hasAuxiliaryHeads)
        {
            auxiliary.Add(Add("aux1", new AuxiliaryHead(512, classes)));
            auxiliary.Add(Add("aux2", new AuxiliaryHead(528, classes)));
        }
        else foreach (string key in AuxiliaryKeys()) IgnoreKey(key, "an auxiliary head, which this model does without");
        var dropout = Add("dropout", new Dropout(0.2f));
        var head = Add("fc", new Linear(1024, classes, initialiser: Narrow));
        AddStage("head", x => head.Forward(dropout.Forward(x)), [head, .. auxiliary]);
        if (!hasAuxiliaryHeads) return;
        AddAuxiliaryHead("inception4a", auxiliary[0], AuxiliaryWeight);
        AddAuxiliaryHead("inception4bcd", auxiliary[1], AuxiliaryWeight);
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["googlenet"] = Row(6_624_904, hasAuxiliaryHeads: false),
        ["googlenet_aux"] = Row(13_004_888, hasAuxiliaryHeads: true),
    };

    private static ModelRegistration Row(long parameters, bool hasAuxiliaryHeads) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new GoogLeNet(name, hasAuxiliaryHeads, classes) { Seed = seed }) with
    { TransformsInput = true };

    private static MaxPool2d Pool() => new(3, stride: 2, ceilMode: true);

    private static ConvNormActivation Convolution(int inputs, int outputs, int kernel, int stride = 1, int padding = 0) =>
        InceptionParts.Convolution(inputs, outputs, kernel, Narrow, stride, padding);

    // the third branch's window is 3x3, where the paper has 5x5: the published weights are of that
    private static ParallelBranches Inception(int inputs, int narrow, int reduced, int wide, int reducedAgain, int wideAgain, int pooled) => new(
        [("branch1", Convolution(inputs, narrow, 1))],
        [("branch2.0", Convolution(inputs, reduced, 1)), ("branch2.1", Convolution(reduced, wide, 3, padding: 1))],
        [("branch3.0", Convolution(inputs, reducedAgain, 1)), ("branch3.1", Convolution(reducedAgain, wideAgain, 3, padding: 1))],
        [("branch4.0", new MaxPool2d(3, stride: 1, padding: 1, ceilMode: true)), ("branch4.1", Convolution(inputs, pooled, 1))]);

    private static IEnumerable<string> AuxiliaryKeys() =>
        from head in (string[])["aux1", "aux2"]
        from key in (string[])["conv.conv.weight", "conv.bn.weight", "conv.bn.bias", "conv.bn.running_mean", "conv.bn.running_var", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
        select $"{head}.{key}";

    private sealed class AuxiliaryHead : Layer
    {
        private readonly ConvNormActivation convolution;
        private readonly Linear hidden;
        private readonly Dropout dropout;
        private readonly Linear last;

        public AuxiliaryHead(int inputs, int classes)
        {
            convolution = Add("conv", Convolution(inputs, 128, 1));
            hidden = Add("fc1", new Linear(128 * 4 * 4, 1024, initialiser: Narrow));
            last = Add("fc2", new Linear(1024, classes, initialiser: Narrow));
            dropout = Add("dropout", new Dropout(0.7f));
        }

        protected override Variable Compute(Variable x)
        {
            x = convolution.Forward(x.AdaptiveAveragePool2d(4, 4)).Flatten(1);
            return last.Forward(dropout.Forward(hidden.Forward(x, Activation.Relu)));
        }
    }
}
