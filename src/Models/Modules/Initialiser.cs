using Graft.Tensors;

namespace Graft.Models;

/// <summary>The initial values of a parameter without a checkpoint (PyTorch's <c>nn.init</c>). For one of your own derive from it.</summary>
/// <remarks>Immutable; any number of threads and parameters may use one.</remarks>
public abstract class Initialiser
{
    /// <summary>Makes an initialiser.</summary>
    protected Initialiser()
    {
    }

    /// <summary>All zero.</summary>
    public static Initialiser Zeros { get; } = new ConstantOf(0f);

    /// <summary>All one.</summary>
    public static Initialiser Ones { get; } = new ConstantOf(1f);

    /// <summary>All of one value (PyTorch's <c>constant_</c>).</summary>
    /// <param name="value">The value.</param>
    public static Initialiser Constant(float value) => new ConstantOf(value);

    /// <summary>Uniform within sqrt(6 / (fan_in + fan_out)): PyTorch's <c>xavier_uniform_</c> (Glorot and Bengio 2010).</summary>
    public static Initialiser XavierUniform { get; } = new Xavier();

    /// <summary>Normal with deviation sqrt(2 / fan), fan being inputs (<c>fan_in</c>) or outputs (<c>fan_out</c>) times kernel elements, as
    /// PyTorch's <c>kaiming_normal_</c> for ReLU (He et al. 2015).</summary>
    public static Initialiser KaimingNormal(bool fanOut) => new Kaiming(fanOut);

    /// <summary>Uniform within sqrt(6 / fan), fan being inputs times kernel elements, as PyTorch's <c>kaiming_uniform_</c> for ReLU (He et al.
    /// 2015).</summary>
    public static Initialiser KaimingUniform { get; } = new UniformKaiming();

    /// <summary>Uniform within 1 / sqrt(<paramref name="fanIn"/>): PyTorch's default for linear layers and convolutions.</summary>
    public static Initialiser UniformByFanIn(int fanIn) => new Uniform(1f / MathF.Sqrt(fanIn));

    /// <summary>Normal with a deviation that a config gives (<c>initializer_range</c>).</summary>
    /// <param name="deviation">The standard deviation.</param>
    /// <param name="zeroRow">A row that stays zero, the padding token's in a table of embeddings; null for none.</param>
    public static Initialiser Normal(float deviation, int? zeroRow = null) => new NormalOf(deviation, zeroRow);

    /// <summary>Writes the initial values.</summary>
    /// <param name="numbers">Receives them, row-major.</param>
    /// <param name="shape">The parameter's shape.</param>
    /// <param name="random">What may be drawn from: a stream of the model's seed and the parameter's name.</param>
    public abstract void Fill(Span<float> numbers, Shape shape, RandomStream random);

    /// <summary>The length of an axis times the kernel's elements.</summary>
    private static long Fan(Shape shape, int channelAxis)
    {
        long fan = shape[channelAxis];
        for (int axis = 2; axis < shape.Rank; axis++) fan *= shape[axis];
        return fan;
    }

    private sealed class ConstantOf(float value) : Initialiser
    {
        public override void Fill(Span<float> numbers, Shape shape, RandomStream random) => numbers.Fill(value);
    }

    private sealed class Kaiming(bool fanOut) : Initialiser
    {
        public override void Fill(Span<float> numbers, Shape shape, RandomStream random)
        {
            random.FillNormal(numbers, 0f, MathF.Sqrt(2f / Fan(shape, fanOut ? 0 : 1)));
        }
    }

    private sealed class UniformKaiming : Initialiser
    {
        public override void Fill(Span<float> numbers, Shape shape, RandomStream random)
        {
            float bound = MathF.Sqrt(6f / Fan(shape, 1));
            random.FillUniform(numbers, -bound, bound);
        }
    }

    private sealed class Xavier : Initialiser
    {
        public override void Fill(Span<float> numbers, Shape shape, RandomStream random)
        {
            long fans = shape[0] + shape[1];
            for (int axis = 2; axis < shape.Rank; axis++) fans *= shape[axis];
            float bound = MathF.Sqrt(6f / fans);
            random.FillUniform(numbers, -bound, bound);
        }
    }

    private sealed class NormalOf(float deviation, int? zeroRow) : Initialiser
    {
        public override void Fill(Span<float> numbers, Shape shape, RandomStream random)
        {
            random.FillNormal(numbers, 0f, deviation);
            if (zeroRow is { } row) numbers.Slice(row * shape[1], shape[1]).Clear();
        }
    }

    private sealed class Uniform(float bound) : Initialiser
    {
        public override void Fill(Span<float> numbers, Shape shape, RandomStream random) => random.FillUniform(numbers, -bound, bound);
    }
}
