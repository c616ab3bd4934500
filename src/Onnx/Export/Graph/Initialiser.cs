using System.Runtime.InteropServices;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx.Export;

/// <summary>Numbers that the file holds.</summary>
/// <param name="shape">Their shape.</param>
internal abstract class Initialiser(Shape shape)
{
    /// <summary>Their shape.</summary>
    public Shape Shape => shape;

    /// <summary>What the file calls them, if that is given; else null.</summary>
    public virtual string? Name => null;

    /// <summary>How many bytes they are.</summary>
    public abstract long ByteCount { get; }

    /// <summary>Writes them, row-major and little-endian.</summary>
    public abstract void WriteTo(Stream stream);

    /// <summary>Whether another recording has the same numbers here.</summary>
    public abstract bool IsSame(Initialiser other);
}

/// <summary>Floats of the recording.</summary>
/// <param name="shape">Their shape.</param>
/// <param name="numbers">Row-major.</param>
/// <param name="name">What the file calls them; null for any name.</param>
internal sealed class FloatInitialiser(Shape shape, float[] numbers, string? name = null) : Initialiser(shape)
{
    public override string? Name => name;

    public float[] Numbers => numbers;

    public override long ByteCount => (long)numbers.Length * sizeof(float);

    public override void WriteTo(Stream stream) => stream.Write(MemoryMarshal.AsBytes<float>(numbers));

    public override bool IsSame(Initialiser other) =>
        other is FloatInitialiser floats && floats.Shape == Shape && MemoryMarshal.AsBytes<float>(floats.Numbers).SequenceEqual(MemoryMarshal.AsBytes<float>(numbers));
}

/// <summary>Whole numbers that are the same whatever the batch: indices, axes.</summary>
/// <param name="shape">Their shape.</param>
/// <param name="numbers">Row-major.</param>
internal sealed class IntegerInitialiser(Shape shape, long[] numbers) : Initialiser(shape)
{
    public long[] Numbers => numbers;

    public override long ByteCount => (long)numbers.Length * sizeof(long);

    public override void WriteTo(Stream stream) => stream.Write(MemoryMarshal.AsBytes<long>(numbers));

    public override bool IsSame(Initialiser other) =>
        other is IntegerInitialiser integers && integers.Shape == Shape && integers.Numbers.AsSpan().SequenceEqual(numbers);
}

/// <summary>Lengths of axes, or positions along them, which may differ from recording to recording.</summary>
/// <param name="lengths">The lengths; one and no axis for a scalar.</param>
/// <param name="isScalar">Whether it is one length without an axis.</param>
internal sealed class SizesInitialiser(long[] lengths, bool isScalar) : Initialiser(isScalar ? [] : [lengths.Length])
{
    public long[] Lengths => lengths;

    public bool IsScalar => isScalar;

    public override long ByteCount => (long)lengths.Length * sizeof(long);

    public override void WriteTo(Stream stream) => stream.Write(MemoryMarshal.AsBytes<long>(lengths));

    public override bool IsSame(Initialiser other) => other is SizesInitialiser sizes && sizes.Lengths.Length == lengths.Length && sizes.IsScalar == isScalar;
}

/// <summary>A parameter or a buffer as it is, under its key.</summary>
/// <param name="parameter">The parameter.</param>
/// <param name="value">Its values on the CPU, contiguous.</param>
internal sealed class ParameterInitialiser(Parameter parameter, Tensor<float> value) : Initialiser(value.Shape)
{
    public Parameter Parameter => parameter;

    public override string Name => parameter.Name;

    public override long ByteCount => value.ElementCount * sizeof(float);

    public override void WriteTo(Stream stream) => stream.Write(MemoryMarshal.AsBytes(value.Span()));

    public override bool IsSame(Initialiser other) => other is ParameterInitialiser own && own.Parameter == parameter;
}

/// <summary>The weight of a convolution with the factor of each output folded in, computed when it is written.</summary>
/// <param name="weight">The weight [O, ...].</param>
/// <param name="factors">[O].</param>
internal sealed class ScaledInitialiser(ParameterInitialiser weight, float[] factors) : Initialiser(weight.Shape)
{
    private readonly ParameterInitialiser weight = weight;
    private readonly float[] factors = factors;

    public override string Name => $"{weight.Name}.folded";

    public override long ByteCount => weight.ByteCount;

    public override void WriteTo(Stream stream)
    {
        using var numbers = new MemoryStream(checked((int)weight.ByteCount));
        weight.WriteTo(numbers);
        var floats = MemoryMarshal.Cast<byte, float>(numbers.GetBuffer().AsSpan(0, (int)numbers.Length));
        int row = floats.Length / Math.Max(1, factors.Length);
        for (int output = 0; output < factors.Length; output++)
            foreach (ref float number in floats.Slice(output * row, row)) number *= factors[output];
        stream.Write(MemoryMarshal.AsBytes(floats));
    }

    public override bool IsSame(Initialiser other) =>
        other is ScaledInitialiser scaled && scaled.weight.IsSame(weight) && scaled.factors.AsSpan().SequenceEqual(factors);
}
