using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void CrossEntropy(
        Tensor<float> logits, Tensor<int> labels, float smoothing, Tensor<float> losses, Tensor<float> normalisers) => LaunchGroups(
        new CrossEntropyKernel(ViewOf(logits), ViewOf(labels), smoothing, ViewOf(losses), ViewOf(normalisers), logits.Shape[0], logits.Shape[1]),
        logits.Shape[0], logits, labels, losses, normalisers);

    public override void CrossEntropyBackward(
        Tensor<float> logits, Tensor<int> labels, float smoothing, Tensor<float> normalisers, Tensor<float> dlosses, Tensor<float> dlogits) =>
        LaunchElements(
            new CrossEntropyBackwardKernel(
                ViewOf(logits), ViewOf(labels), smoothing, ViewOf(normalisers), ViewOf(dlosses), ViewOf(dlogits), logits.Shape[0],
                logits.Shape[1]),
            CountOf(dlogits), logits, labels, normalisers, dlosses, dlogits);
}

/// <summary>loss = the mean of (largest - logit + rest) over the classes, weighted by the target; a group of threads a row.</summary>
internal readonly struct CrossEntropyKernel(
    ArrayView<float> logits, ArrayView<int> labels, float smoothing, ArrayView<float> losses, ArrayView<float> normalisers, int rows, int classes)
    : IGroupKernel
{
    public void Run(int group)
    {
        int row = group * classes;
        var own = new GpuLane(float.NegativeInfinity);
        for (int column = Group.IdxX; column < classes; column += Group.DimX) own = GpuLane.Max(own, new GpuLane(logits[row + column]));
        var largest = GroupSums.All<MaximumOf>(own);
        own = new GpuLane(0f);
        for (int column = Group.IdxX; column < classes; column += Group.DimX) own += GpuLane.Exp(new GpuLane(logits[row + column]) - largest);
        float most = largest.Value, rest = GpuLane.Log(GroupSums.All<SumOf>(own)).Value;

        float spread = 0f;
        if (smoothing != 0f)
        {
            // distances are summed, not logits: those may be large and their sum would cancel
            for (int column = Group.IdxX; column < classes; column += Group.DimX) spread += most - logits[row + column] + rest;
        }
        spread = GroupSums.All<SumOf>(new GpuLane(spread)).Value;
        if (Group.IdxX != 0) return;
        int label = labels[group];
        float loss = 0f;
        if (label >= 0)
        {
            loss = (1f - smoothing) * (most - logits[row + label] + rest);
            if (smoothing != 0f) loss += smoothing * (spread / classes);
        }
        losses[group] = loss;
        normalisers[group] = most;
        normalisers[rows + group] = rest;
    }
}

/// <summary>dlogits = (softmax - target) * dloss.</summary>
internal readonly struct CrossEntropyBackwardKernel(
    ArrayView<float> logits, ArrayView<int> labels, float smoothing, ArrayView<float> normalisers, ArrayView<float> dlosses,
    ArrayView<float> dlogits, int rows, int classes) : IElementKernel
{
    public void Run(int index)
    {
        int row = index / classes, column = index - row * classes;
        int label = labels[row];
        float gradient = 0f;
        if (label >= 0)
        {
            float target = smoothing / classes;
            if (column == label) target += 1f - smoothing;
            gradient = (GpuLane.Exp(new GpuLane(logits[index] - normalisers[row] - normalisers[rows + row])).Value - target) * dlosses[row];
        }
        dlogits[index] = gradient;
    }
}
