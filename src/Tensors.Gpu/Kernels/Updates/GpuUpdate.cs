using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Update<TRule>(TRule rule, Tensor<float> weight, Tensor<float> gradient, Tensor<float>? first, Tensor<float>? second) =>
        LaunchElements(
            new UpdateKernel<TRule>(rule, ViewToWrite(weight), ViewOf(gradient), ViewOf(first, weight), ViewOf(second, weight)),
            CountOf(weight), weight, gradient, first, second);
}

/// <summary>One optimiser step on each weight, all operands in the order of their common memory.</summary>
internal readonly struct UpdateKernel<TRule>(
    TRule rule, ArrayView<float> weight, ArrayView<float> gradient, ArrayView<float> first, ArrayView<float> second) : IElementKernel
    where TRule : unmanaged, IUpdateRule
{
    public void Run(int index)
    {
        var moved = new GpuLane(weight[index]);
        var firstState = new GpuLane(TRule.StateCount > 0 ? first[index] : 0f);
        var secondState = new GpuLane(TRule.StateCount > 1 ? second[index] : 0f);
        rule.Step(ref moved, new GpuLane(gradient[index]), ref firstState, ref secondState);
        weight[index] = moved.Value;
        if (TRule.StateCount > 0) first[index] = firstState.Value;
        if (TRule.StateCount > 1) second[index] = secondState.Value;
    }
}
