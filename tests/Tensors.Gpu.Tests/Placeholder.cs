namespace Graft.Tensors.Gpu.Tests;

public class Placeholder
{
    [Fact]
    public void Builds() => Assert.Equal(4, 2 + 2);
}
