using Graft.Tensors;

namespace Graft.Autograd.Tests;

/// <summary>A parameter whose first numbers the test gives.</summary>
internal sealed class TestParameter(string name, Shape shape, float[] numbers) : Parameter(shape)
{
    public override string Name => name;

    protected override void Initialise(Span<float> values) => numbers.CopyTo(values);
}
