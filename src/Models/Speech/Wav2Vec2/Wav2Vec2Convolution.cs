using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A convolution over samples, its norm if it has one, and an activation: [B, C, T] to [B, C', T'].</summary>
internal sealed class Wav2Vec2Convolution : Layer
{
    private readonly Activation activation;
    private readonly Conv1d convolution;
    private readonly LayerNorm? norm;
    private readonly GroupNorm? channelNorm;

    public Wav2Vec2Convolution(Wav2Vec2Config config, int number)
    {
        activation = config.ConvolutionActivation;
        int channels = config.Channels[number], inputs = number == 0 ? 1 : config.Channels[number - 1];
        convolution = Add("conv", new Conv1d(
            inputs, channels, config.Kernels[number], config.Strides[number], hasBias: config.HasConvolutionBias, initialiser: Initialiser.KaimingNormal(fanOut: false)));
        if (config.NormsEveryConvolution) norm = Add("layer_norm", new LayerNorm(channels));
        else if (number == 0) channelNorm = Add("layer_norm", new GroupNorm(channels, channels));
    }

    protected override Variable Compute(Variable x)
    {
        x = convolution.Forward(x);
        if (norm is not null) x = norm.Forward(x.Permute(0, 2, 1)).Permute(0, 2, 1);
        // the norm's channels-last order is that of planes
        if (channelNorm is not null) x = channelNorm.Forward(x.Unsqueeze(2)).Squeeze(2);
        return activation.Apply(x);
    }
}

/// <summary>A grouped convolution that keeps the length, whose weight is a direction and a length for each place of the kernel (PyTorch's <c>weight_norm</c>
/// with <c>dim=2</c>), and an activation: [B, D, T] to [B, D, T].</summary>
/// <remarks>Files before and after PyTorch's parametrisations name the two differently; both are read, and the first is written.</remarks>
internal sealed class NormalisedConv1d : Layer
{
    private static readonly int[] WithinPlace = [0, 1];

    private readonly int kernel;
    private readonly Activation activation;
    private readonly Conv2dGeometry geometry;
    private readonly Parameter length;
    private readonly Parameter direction;
    private readonly Parameter bias;

    public NormalisedConv1d(int width, int kernel, int groups, Activation activation)
    {
        (this.kernel, this.activation) = (kernel, activation);
        int padding = kernel / 2;
        geometry = new Conv2dGeometry(1, 1, 0, padding, 0, padding, 1, 1, groups);
        float deviation = 2 * MathF.Sqrt(1f / (kernel * width));
        length = AddParameter("weight_g", [1, 1, kernel], Initialiser.Constant(deviation * width / MathF.Sqrt(groups)));
        direction = AddParameter("weight_v", [width, width / groups, kernel], Initialiser.Normal(deviation));
        bias = AddParameter("bias", [width], Initialiser.Zeros);
        AddAlias("parametrizations.weight.original0", length, "the name of a parametrisation");
        AddAlias("parametrizations.weight.original1", direction, "the name of a parametrisation");
    }

    protected override Variable Compute(Variable x)
    {
        var pass = x.Pass;
        var v = pass.Of(direction);
        var weight = v * (pass.Of(length) / v.Square().Sum(WithinPlace, keepAxes: true).Sqrt());
        var y = x.Unsqueeze(2).Conv2d(weight.Unsqueeze(2), pass.Of(bias), geometry).Squeeze(2);
        // an even kernel gives one place too many
        return activation.Apply(kernel % 2 == 0 ? y.Slice(2, 0, x.Shape[2]) : y);
    }
}

/// <summary>What stands in the place of frames that training hides.</summary>
internal sealed class HiddenFrame : Module
{
    private readonly Parameter embedding;

    public HiddenFrame(int width) => embedding = AddParameter("masked_spec_embed", [width], Initialiser.UniformByFanIn(1));

    /// <summary>x [B, T, D] with the learnt frame where a frame is hidden.</summary>
    public Variable Forward(Variable x, bool[] hidden)
    {
        var pass = x.Pass;
        Shape frames = [x.Shape[0], x.Shape[1], 1];
        if (hidden.Length != frames.ElementCount) ShapeException.Throw("hidden_frames", $"{hidden.Length} values do not fit frames {frames}", "each frame has one");
        var isHidden = pass.Constant(pass.Upload<float>(frames, Array.ConvertAll(hidden, static value => value ? 1f : 0f)));
        return x * (1f - isHidden) + isHidden * pass.Of(embedding);
    }
}
