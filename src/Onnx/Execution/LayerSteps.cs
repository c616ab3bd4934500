using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>A convolution, with the norm, the addition and the activation behind it.</summary>
internal sealed class ConvolutionStep : Step
{
    private static readonly Shape Scalar = [];

    public required Conv2d Convolution { get; init; }

    /// <summary>Convolution and norm together; null without a norm.</summary>
    public required ConvNormActivation? WithNorm { get; init; }

    /// <summary>As the other, without what is behind the norm: for a residual of another shape.</summary>
    public required BatchNorm2d? Norm { get; init; }

    public required Activation Activation { get; init; }

    /// <summary>What is added before the activation; -1 for nothing.</summary>
    public required int Residual { get; init; }

    public override void Run(Frame frame)
    {
        var x = frame.Variable(Inputs[0]);
        var residual = Residual < 0 ? null : frame.Variable(Residual);
        frame[Outputs[0]] = new DeviceValue(Forward(x, residual));
    }

    private Variable Forward(Variable x, Variable? residual)
    {
        if (residual is not null && residual.Shape != OutputShape(x.Shape))
        {
            var plain = Convolution.Forward(x);
            if (Norm is not null) plain = Norm.Forward(plain);
            return Activation.Apply(plain + residual);
        }
        if (WithNorm is not null) return WithNorm.Forward(x, residual);
        var pass = x.Pass;
        bool learns = x.NeedsGradient || residual is { NeedsGradient: true } || pass.Of(Convolution.Weight).NeedsGradient
            || (Convolution.Bias is { } learnt && pass.Of(learnt).NeedsGradient) || Convolution.Adapter is not null;
        if (learns || Convolution.Bias is not { } bias || (Activation == Activation.Identity && residual is null))
        {
            var y = Convolution.Forward(x);
            return Activation.Apply(residual is null ? y : y + residual);
        }
        var ones = pass.Rent(bias.Shape);
        pass.Device.Fill(ones, 1f);
        return x.ScaledConv2d(pass.Of(Convolution.Weight), pass.Of(bias).Value, ones, Convolution.Geometry, Activation, residual);
    }

    private Shape OutputShape(Shape x)
    {
        var (geometry, weight) = (Convolution.Geometry, Convolution.Weight.Shape);
        return x.Rank != 4 ? Scalar : [x[0], weight[0], geometry.OutputHeight(x[2], weight[2]), geometry.OutputWidth(x[3], weight[3])];
    }
}

/// <summary>A batch norm with the activation behind it.</summary>
internal sealed class BatchNormStep : Step
{
    public required BatchNorm2d Norm { get; init; }

    public required Activation Activation { get; init; }

    public override void Run(Frame frame)
    {
        var x = frame.Variable(Inputs[0]);
        // the norm is over planes: a row of numbers is a plane of one pixel
        var plane = x.Shape.Rank >= 4 ? x : x.Reshape([x.Shape[0], x.Shape[1], 1, x.Shape.Rank == 3 ? x.Shape[2] : 1]);
        var y = Norm.Forward(plane, Activation);
        frame[Outputs[0]] = new DeviceValue(plane == x ? y : y.Reshape(x.Shape));
    }
}

/// <summary>A linear map with the activation behind it.</summary>
internal sealed class LinearStep : Step
{
    public required Linear Linear { get; init; }

    public required Activation Activation { get; init; }

    /// <summary>Whether the input has to be a matrix, as that of <c>Gemm</c>.</summary>
    public required bool IsGemm { get; init; }

    public override void Run(Frame frame)
    {
        var x = frame.Variable(Inputs[0]);
        frame[Outputs[0]] = new DeviceValue(Activation == Activation.Identity ? Linear.Forward(x) : Linear.Forward(x, Activation));
    }
}

/// <summary>A layer norm, given as one node or as the nine that it was written in before there was one.</summary>
internal sealed class LayerNormStep : Step
{
    public required LayerNorm Norm { get; init; }

    public override void Run(Frame frame) => frame[Outputs[0]] = new DeviceValue(Norm.Forward(frame.Variable(Inputs[0])));
}

/// <summary>An activation that stands alone.</summary>
internal sealed class ActivationStep : Step
{
    public required Activation Activation { get; init; }

    public override void Run(Frame frame) => frame[Outputs[0]] = new DeviceValue(Activation.Apply(frame.Variable(Inputs[0])));
}

/// <summary>Scaled dot-product attention: two products with a softmax between them.</summary>
internal sealed class AttentionStep : Step
{
    public required float Scale { get; init; }

    /// <summary>Whether there is a mask to add, the fourth input.</summary>
    public required bool HasMask { get; init; }

    public override void Run(Frame frame)
    {
        Variable queries = frame.Variable(Inputs[0]), turned = frame.Variable(Inputs[1]), values = frame.Variable(Inputs[2]);
        var mask = HasMask ? frame.Variable(Inputs[3]) : null;
        frame[Outputs[0]] = new DeviceValue(Fits(queries.Shape, turned.Shape, values.Shape, mask)
            ? queries.ScaledDotProductAttention(turned.Permute(0, 1, 3, 2), values, scale: Scale, bias: mask)
            : Plain(queries, turned, values, mask));
    }

    private Variable Plain(Variable queries, Variable turned, Variable values, Variable? mask)
    {
        var scores = queries.MatMul(turned) * Scale;
        return (mask is null ? scores : scores + mask).Softmax().MatMul(values);
    }

    private static bool Fits(Shape queries, Shape turned, Shape values, Variable? mask)
    {
        if (queries.Rank != 4 || turned.Rank != 4 || values.Rank != 4 || queries[0] != turned[0] || queries[1] != turned[1] || values[0] != turned[0] || values[1] != turned[1]) return false;
        if (values[3] != queries[3]) return false;
        return mask is null || (mask.Shape.Rank == 4 && mask.Shape[3] == turned[3] && Is(mask.Shape[0], queries[0]) && Is(mask.Shape[1], queries[1]) && Is(mask.Shape[2], queries[2]));
    }

    private static bool Is(int length, int wanted) => length == 1 || length == wanted;
}
