namespace Graft.Tensors;

public sealed partial class CpuDevice
{
    public override unsafe void Update<TRule>(
        TRule rule, Tensor<float> weight, Tensor<float> gradient, Tensor<float>? first, Tensor<float>? second)
    {
        var kernel = new UpdateKernel<TRule>(rule, weight.Pointer(), gradient.Pointer(), first.PointerOrNull(), second.PointerOrNull());
        workers.Run(kernel, (nint)weight.ElementCount, stepsPerItem: 2 + 2 * TRule.StateCount);
        weight.Memory.Invalidate();
        KeepAlive(weight, gradient, first, second);
    }
}

/// <summary>One sweep that reads and writes a weight and all that its optimiser remembers.</summary>
internal readonly unsafe struct UpdateKernel<TRule>(TRule rule, float* weight, float* gradient, float* first, float* second) : IRangeKernel
    where TRule : unmanaged, IUpdateRule
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint i = begin;
        for (; i + S.Width <= end; i += S.Width) Step<S>(i);
        for (; i < end; i++) Step<Lane1>(i);
    }

    private void Step<S>(nint at) where S : unmanaged, IVectorLane<S>
    {
        var w = S.Load(weight + at);
        var m = TRule.StateCount > 0 ? S.Load(first + at) : S.Splat(0f);
        var v = TRule.StateCount > 1 ? S.Load(second + at) : S.Splat(0f);
        rule.Step(ref w, S.Load(gradient + at), ref m, ref v);
        S.Store(w, weight + at);
        if (TRule.StateCount > 0) S.Store(m, first + at);
        if (TRule.StateCount > 1) S.Store(v, second + at);
    }
}
