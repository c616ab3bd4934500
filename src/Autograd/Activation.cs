using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>The nonlinearity behind a linear map, a convolution or a norm: alone, or fused into the layer before it. One row here makes a
/// function known to every layer, and to the configs that name it (<c>hidden_act</c>).</summary>
/// <remarks>Immutable; any number of threads may use one.</remarks>
public abstract class Activation
{
    private static readonly Activation[] Rows =
    [
        Of("identity", default(Identity), "linear"),
        Of("relu", default(Relu)),
        Of("gelu", default(Gelu), "gelu_python"),
        Of("gelu_new", default(GeluTanh), "gelu_pytorch_tanh", "gelu_fast"),
        Of("silu", default(Silu), "swish"),
        Of("tanh", default(HyperbolicTangent)),
        Of("sigmoid", default(Sigmoid)),
        Of("relu6", default(Relu6)),
        Of("hardswish", default(HardSwish), "hard_swish"),
        Of("hardsigmoid", default(HardSigmoid), "hard_sigmoid"),
    ];

    private readonly string[] aliases;

    private protected Activation(string name, string[] aliases) => (Name, this.aliases) = (name, aliases);

    /// <summary>x itself.</summary>
    public static Activation Identity { get; } = Find("identity")!;

    /// <summary>max(0, x).</summary>
    public static Activation Relu { get; } = Find("relu")!;

    /// <summary>x / 2 * (1 + erf(x / sqrt 2)).</summary>
    public static Activation Gelu { get; } = Find("gelu")!;

    /// <summary>x / (1 + e^-x), also called swish.</summary>
    public static Activation Silu { get; } = Find("silu")!;

    /// <summary>1 / (1 + e^-x).</summary>
    public static Activation Sigmoid { get; } = Find("sigmoid")!;

    /// <summary>min(max(0, x), 6).</summary>
    public static Activation Relu6 { get; } = Find("relu6")!;

    /// <summary>x * min(max(0, x + 3), 6) / 6.</summary>
    public static Activation HardSwish { get; } = Find("hardswish")!;

    /// <summary>min(max(0, x + 3), 6) / 6.</summary>
    public static Activation HardSigmoid { get; } = Find("hardsigmoid")!;

    /// <summary>All that have a name.</summary>
    public static IReadOnlyList<Activation> All => Rows;

    /// <summary>Its name in Hugging Face's configs.</summary>
    public string Name { get; }

    /// <summary>The activation that a config names; null where there is none of that name.</summary>
    public static Activation? Find(string name) => Array.Find(Rows, row => row.Name == name || row.aliases.Contains(name));

    /// <summary>An activation of an elementwise op, one of the caller's too.</summary>
    /// <param name="name">What reports call it.</param>
    /// <param name="op">The op.</param>
    /// <param name="aliases">Other names of it.</param>
    public static Activation Of<TOp>(string name, TOp op, params string[] aliases) where TOp : unmanaged, IUnaryOp =>
        new ActivationOf<TOp>(name, op, aliases);

    /// <summary>f(x), element by element.</summary>
    public abstract Variable Apply(Variable x);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>f(x weight^T + bias).</summary>
    internal abstract Variable Linear(Variable x, Variable weight, Variable? bias);

    /// <summary>f(x * weight + bias).</summary>
    internal abstract Variable Convolution(Variable x, Variable weight, Variable? bias, Conv2dGeometry geometry);

    /// <summary>f(x * weight * scale + shift + residual): see <see cref="Conv2dFunction.Scaled"/>.</summary>
    internal abstract Variable ScaledConvolution(
        Variable x, Variable weight, Tensor<float> shift, Tensor<float> scale, Variable? residual, Conv2dGeometry geometry);

    /// <summary>f(norm(x) + residual): see <see cref="BatchNormFunction"/>.</summary>
    internal abstract Variable Normalise(in BatchNormOperands operands, Tensor<float> mean, Tensor<float> variance, float epsilon, bool ofBatch);
}

/// <summary>The activation of an op.</summary>
internal sealed class ActivationOf<TOp>(string name, TOp op, string[] aliases) : Activation(name, aliases) where TOp : unmanaged, IUnaryOp
{
    public override Variable Apply(Variable x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return typeof(TOp) == typeof(Identity) ? x : x.Map(op);
    }

    internal override Variable Linear(Variable x, Variable weight, Variable? bias) =>
        typeof(TOp) == typeof(Identity) ? LinearFunction.Apply(x, weight, bias) : LinearFunction.ApplyThen(x, weight, bias, op);

    internal override Variable Convolution(Variable x, Variable weight, Variable? bias, Conv2dGeometry geometry) =>
        typeof(TOp) == typeof(Identity) ? Conv2dFunction.Apply(x, weight, bias, geometry) : Conv2dFunction.ApplyThen(x, weight, bias, geometry, op);

    internal override Variable ScaledConvolution(
        Variable x, Variable weight, Tensor<float> shift, Tensor<float> scale, Variable? residual, Conv2dGeometry geometry) =>
        Conv2dFunction.Scaled(x, weight, shift, scale, residual, op, geometry);

    internal override Variable Normalise(in BatchNormOperands operands, Tensor<float> mean, Tensor<float> variance, float epsilon, bool ofBatch) =>
        BatchNormFunction.Normalise(op, operands, mean, variance, epsilon, ofBatch);
}
