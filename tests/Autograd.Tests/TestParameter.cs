using Graft.Tensors;

namespace Graft.Autograd.Tests;

/// <summary>A parameter whose first numbers the test gives.</summary>
internal sealed class TestParameter(string name, Shape shape, float[] numbers, Device device) : Parameter(shape)
{
    public override string Name => name;

    internal override Tensor<float> Create() => Tensor.From<float>(Shape, numbers, device);
}
