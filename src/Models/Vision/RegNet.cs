using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>RegNet as in torchvision (Radosavovic et al. 2020): residual bottlenecks of grouped convolutions, whose widths follow a line; Y has
/// squeeze-and-excitation, X has not.</summary>
public sealed class RegNet : ImageModel
{
    private const int StemWidth = 32;

    private RegNet(string name, Line line, int classes) : base(name)
    {
        AddSequence("stem", Add("stem", ConvNormActivation.Same(3, StemWidth, 3, stride: 2, activation: Activation.Relu)));
        int inputs = StemWidth, stage = 1;
        foreach (var (width, depth) in line.Stages())
        {
            int group = Math.Min(line.GroupWidth, width), outputs = InvertedResidual.Channels(width, group);
            var blocks = new List<Layer>();
            for (int block = 0; block < depth; block++)
            {
                string key = string.Create(CultureInfo.InvariantCulture, $"trunk_output.block{stage}.block{stage}-{block}");
                blocks.Add(Add(key, new Block(inputs, outputs, block == 0 ? 2 : 1, outputs / group, line.HasExcitation)));
                inputs = outputs;
            }
            AddSequence(string.Create(CultureInfo.InvariantCulture, $"layer{stage++}"), blocks);
        }
        AddStage("head", Add("fc", new Linear(inputs, classes, initialiser: Initialiser.Normal(0.01f), biasInitialiser: Initialiser.Zeros)));
    }

    internal static OrderedDictionary<string, ModelRegistration> Rows => new()
    {
        ["regnet_y_400mf"] = Y(4_344_144, 16, 48, 27.89, 2.09, 8),
        ["regnet_y_800mf"] = Y(6_432_512, 14, 56, 38.84, 2.4, 16),
        ["regnet_y_1_6gf"] = Y(11_202_430, 27, 48, 20.71, 2.65, 24),
        ["regnet_y_3_2gf"] = Y(19_436_338, 21, 80, 42.63, 2.66, 24),
        ["regnet_y_8gf"] = Y(39_381_472, 17, 192, 76.82, 2.19, 56),
        ["regnet_y_16gf"] = Y(83_590_140, 18, 200, 106.23, 2.48, 112),
        ["regnet_y_32gf"] = Y(145_046_770, 20, 232, 115.89, 2.53, 232),
        ["regnet_x_400mf"] = X(5_495_976, 22, 24, 24.48, 2.54, 16),
        ["regnet_x_800mf"] = X(7_259_656, 16, 56, 35.73, 2.28, 16),
        ["regnet_x_1_6gf"] = X(9_190_136, 18, 80, 34.01, 2.25, 24),
        ["regnet_x_3_2gf"] = X(15_296_552, 25, 88, 26.31, 2.25, 48),
        ["regnet_x_8gf"] = X(39_572_648, 23, 80, 49.56, 2.88, 120),
        ["regnet_x_16gf"] = X(54_278_536, 22, 216, 55.59, 2.1, 128),
        ["regnet_x_32gf"] = X(107_811_560, 23, 320, 69.86, 2.0, 168),
    };

    private static ModelRegistration X(long parameters, int depth, int width, double slope, double step, int group) =>
        Row(parameters, new Line(depth, width, slope, step, group, HasExcitation: false));

    private static ModelRegistration Y(long parameters, int depth, int width, double slope, double step, int group) =>
        Row(parameters, new Line(depth, width, slope, step, group, HasExcitation: true));

    private static ModelRegistration Row(long parameters, Line line) => ModelRegistration.ImageNet(
        parameters, (name, classes, seed) => new RegNet(name, line, classes) { Seed = seed }, ImagePreprocessing.ImageNetOf(232, 224));

    /// <summary>Widths that grow along a line, rounded to powers of a step and to multiples of 8 (section 3.3 of the paper).</summary>
    /// <param name="Depth">The number of blocks.</param>
    /// <param name="Width">The first block's width.</param>
    /// <param name="Slope">By how much a block is wider than the one before.</param>
    /// <param name="Step">The ratio of the widths of two stages.</param>
    /// <param name="GroupWidth">Channels in a group of a convolution.</param>
    /// <param name="HasExcitation">Whether blocks have squeeze-and-excitation.</param>
    private sealed record Line(int Depth, int Width, double Slope, double Step, int GroupWidth, bool HasExcitation)
    {
        /// <summary>Blocks of one width are a stage.</summary>
        public IEnumerable<(int Width, int Depth)> Stages() =>
            Enumerable.Range(0, Depth).Select(WidthOf).CountBy(width => width).Select(stage => (stage.Key, stage.Value));

        private int WidthOf(int block)
        {
            double power = Math.Round(Math.Log((Width + Slope * block) / Width) / Math.Log(Step));
            return (int)Math.Round(Width * Math.Pow(Step, power) / 8) * 8;
        }
    }

    private sealed class Block : Layer
    {
        private const double ExcitationRatio = 0.25;

        private readonly ConvNormActivation? shortcut;
        private readonly ConvNormActivation first;
        private readonly ConvNormActivation grouped;
        private readonly SqueezeExcitation? excitation;
        private readonly ConvNormActivation last;

        public Block(int inputs, int outputs, int stride, int groups, bool hasExcitation)
        {
            if (inputs != outputs || stride != 1) shortcut = Add("proj", ConvNormActivation.Same(inputs, outputs, 1, stride));
            first = Add("f.a", ConvNormActivation.Same(inputs, outputs, 1, activation: Activation.Relu));
            grouped = Add("f.b", ConvNormActivation.Same(outputs, outputs, 3, stride, groups, Activation.Relu));
            if (hasExcitation)
                excitation = Add("f.se", new SqueezeExcitation(
                    outputs, (int)Math.Round(ExcitationRatio * inputs), initialiser: Initialiser.KaimingNormal(fanOut: true)));
            last = Add("f.c", ConvNormActivation.Same(outputs, outputs, 1, activation: Activation.Relu));
        }

        protected override Variable Compute(Variable x)
        {
            var y = grouped.Forward(first.Forward(x));
            if (excitation is not null) y = excitation.Forward(y);
            return last.Forward(y, shortcut?.Forward(x) ?? x);
        }
    }
}
