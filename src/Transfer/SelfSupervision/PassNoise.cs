using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Normal noise that follows from a pass's seed.</summary>
internal static class PassNoise
{
    /// <summary>Normally distributed numbers with mean 0.</summary>
    public static Variable Normal(Pass pass, Shape shape, double deviation, string name)
    {
        var numbers = new float[shape.ElementCount];
        pass.Stream(name).FillNormal(numbers, 0, (float)deviation);
        return pass.Constant(pass.Upload<float>(shape, numbers));
    }
}
