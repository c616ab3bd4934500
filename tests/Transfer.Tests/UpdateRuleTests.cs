using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Five steps from (1, -2, 0.5) along the gradients (0.3, -0.1, 0.7) * i * (-1)^(i + 1), against PyTorch 1.13: rate 0.1,
/// weight decay 0.01, momentum 0.9, PyTorch's defaults for the rest; Lion by its paper's equations (<c>Golden/optimisers.py</c>).</summary>
public sealed class UpdateRuleTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Sgd_with_momentum_steps_as_PyTorch() =>
        AssertClose([0.904669106f, -1.94636774f, 0.301601917f], Run(_ => new Sgd(0.1f, 0.9f, 0.01f), secondState: false));

    [Fact]
    public void AdamW_steps_as_PyTorch() =>
        AssertClose([0.898602426f, -1.8936125f, 0.401097447f], Run(step => new AdamW(0.1f, 0.9f, 0.999f, 1e-8f, 0.01f, step), secondState: true));

    [Fact]
    public void Nesterovs_momentum_steps_as_PyTorch() =>
        AssertClose([0.819360733f, -1.91185129f, 0.109237351f], Run(_ => new Nesterov(0.1f, 0.9f, 0.01f), secondState: false));

    [Fact]
    public void Adam_steps_as_PyTorch() =>
        AssertClose([0.898176312f, -1.87173426f, 0.402232438f], Run(step => new Adam(0.1f, 0.9f, 0.999f, 1e-8f, 0.01f, step), secondState: true));

    [Fact]
    public void RmsProp_steps_as_PyTorch() =>
        AssertClose([-1.48722804f, 0.678645134f, -1.9703418f], Run(_ => new RmsProp(0.1f, 0.99f, 0.9f, 1e-8f, 0.01f), secondState: true));

    [Fact]
    public void Adagrad_steps_as_PyTorch() =>
        AssertClose([0.920782745f, -1.91142809f, 0.422166437f], Run(step => new Adagrad(0.1f / (1 + 0.1f * (step - 1)), 1e-10f, 0.01f), secondState: false));

    [Fact]
    public void Lion_steps_as_its_paper() =>
        AssertClose([0.89520959f, -1.89021958f, 0.397704595f], Run(_ => new Lion(0.1f, 0.9f, 0.99f, 0.01f), secondState: false));

    [Fact]
    public void A_gradient_scale_is_a_smaller_gradient() => Assert.Equal(
        Run(_ => new Sgd(0.1f, 0.9f, 0.01f), secondState: false, scale: 0.5f),
        Run(_ => new Sgd(0.1f, 0.9f, 0.01f, gradientScale: 0.5f), secondState: false));

    private float[] Run<TRule>(Func<int, TRule> rule, bool secondState, float scale = 1f) where TRule : unmanaged, IUpdateRule
    {
        using var weight = Tensor.From<float>([3], [1f, -2f, 0.5f], device);
        using var first = Tensor.From<float>([3], new float[3], device);
        using var second = Tensor.From<float>([3], new float[3], device);
        for (int step = 1; step <= 5; step++)
        {
            float factor = (step % 2 == 1 ? step : -step) * scale;
            using var gradient = Tensor.From<float>([3], [0.3f * factor, -0.1f * factor, 0.7f * factor], device);
            device.Update(rule(step), weight, gradient, first, secondState ? second : null);
        }
        return weight.ToArray();
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-6f);
    }
}
