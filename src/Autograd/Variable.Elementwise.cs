using Graft.Tensors;

namespace Graft.Autograd;

// element by element
public sealed partial class Variable
{
    /// <summary>left + right, shapes broadcast as in NumPy.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable operator +(Variable left, Variable right) => Elementwise.Zip(left, right, default(Add));

    /// <summary>left - right, shapes broadcast as in NumPy.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable operator -(Variable left, Variable right) => Elementwise.Zip(left, right, default(Subtract));

    /// <summary>left * right, element by element, shapes broadcast as in NumPy; the product of matrices is <see cref="MatMul"/>.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable operator *(Variable left, Variable right) => Elementwise.Zip(left, right, default(Multiply));

    /// <summary>left / right, element by element, shapes broadcast as in NumPy.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable operator /(Variable left, Variable right) => Elementwise.Zip(left, right, default(Divide));

    /// <summary>-value.</summary>
    public static Variable operator -(Variable value) => Elementwise.Map(value, default(Negate));

    /// <summary>value + addend.</summary>
    public static Variable operator +(Variable value, float addend) => Elementwise.Map(value, new AddScalar(addend));

    /// <summary>addend + value.</summary>
    public static Variable operator +(float addend, Variable value) => Elementwise.Map(value, new AddScalar(addend));

    /// <summary>value - subtrahend.</summary>
    public static Variable operator -(Variable value, float subtrahend) => Elementwise.Map(value, new AddScalar(-subtrahend));

    /// <summary>minuend - value.</summary>
    public static Variable operator -(float minuend, Variable value) =>
        Elementwise.Map(value, new Then<Negate, AddScalar>(default, new AddScalar(minuend)));

    /// <summary>factor * value.</summary>
    public static Variable operator *(Variable value, float factor) => Elementwise.Map(value, new Scale(factor));

    /// <summary>factor * value.</summary>
    public static Variable operator *(float factor, Variable value) => Elementwise.Map(value, new Scale(factor));

    /// <summary>value / divisor, as value * (1 / divisor).</summary>
    public static Variable operator /(Variable value, float divisor) => Elementwise.Map(value, new Scale(1f / divisor));

    /// <summary>dividend / value, as dividend * (1 / value).</summary>
    public static Variable operator /(float dividend, Variable value) =>
        Elementwise.Map(value, new Then<Reciprocal, Scale>(default, new Scale(dividend)));

    /// <summary>An elementwise function of the caller's, with its gradient.</summary>
    public Variable Map<TOp>(TOp op) where TOp : unmanaged, IUnaryOp => Elementwise.Map(this, op);

    /// <summary>An elementwise function of two variables of the caller's, with its gradients.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Variable Zip<TOp>(Variable other, TOp op) where TOp : unmanaged, IBinaryOp => Elementwise.Zip(this, other, op);

    /// <summary>The larger of two, element by element (PyTorch's <c>maximum</c>).</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Variable Maximum(Variable other) => Zip(other, default(Maximum));

    /// <summary>The smaller of two, element by element (PyTorch's <c>minimum</c>).</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Variable Minimum(Variable other) => Zip(other, default(Minimum));

    /// <summary>max(0, x).</summary>
    public Variable Relu() => Map(default(Relu));

    /// <summary>x where it is positive, slope * x elsewhere (PyTorch's <c>leaky_relu</c>).</summary>
    public Variable LeakyRelu(float slope = 0.01f) => Map(new LeakyRelu(slope));

    /// <summary>x / 2 * (1 + erf(x / sqrt 2)).</summary>
    public Variable Gelu() => Map(default(Gelu));

    /// <summary>x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) (PyTorch's <c>gelu</c> with <c>approximate="tanh"</c>).</summary>
    public Variable GeluTanh() => Map(default(GeluTanh));

    /// <summary>x / (1 + e^-x) (PyTorch's <c>silu</c>, also called swish).</summary>
    public Variable Silu() => Map(default(Silu));

    /// <summary>1 / (1 + e^-x).</summary>
    public Variable Sigmoid() => Map(default(Sigmoid));

    /// <summary>tanh x.</summary>
    public Variable Tanh() => Map(default(HyperbolicTangent));

    /// <summary>x held within [minimum, maximum] (PyTorch's <c>clamp</c>); no gradient flows where it was held.</summary>
    public Variable Clamp(float minimum, float maximum) => Map(new Clamp(minimum, maximum));

    /// <summary>e^x.</summary>
    public Variable Exp() => Map(default(Exponential));

    /// <summary>ln x.</summary>
    public Variable Log() => Map(default(Logarithm));

    /// <summary>|x|; the gradient at 0 is 0 (PyTorch's <c>abs</c>).</summary>
    public Variable Abs() => Map(default(Absolute));

    /// <summary>sqrt(x).</summary>
    public Variable Sqrt() => Map(default(SquareRoot));

    /// <summary>x^exponent; a negative x is NaN unless the exponent is whole (PyTorch's <c>pow</c>).</summary>
    public Variable Pow(float exponent) => Map(new Power(exponent));

    /// <summary>x^2.</summary>
    public Variable Square() => Map(default(Square));
}
