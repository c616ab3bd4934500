using System.Runtime.CompilerServices;
using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Update<TRule>(TRule rule, Tensor<float> weight, Tensor<float> gradient, Tensor<float>? first, Tensor<float>? second) =>
        LaunchElements(
            new UpdateKernel<TRule>(rule, ViewToWrite(weight), ViewOf(gradient), ViewOf(first, weight), ViewOf(second, weight)),
            CountOf(weight), weight, gradient, first, second);

    public override void Update<TRule>(ReadOnlySpan<ParameterUpdate<TRule>> updates)
    {
        if (updates.IsEmpty) return;
        var terms = new UpdateTerms<TRule>[updates.Length];
        var memory = Rent(terms.Length * (long)Unsafe.SizeOf<UpdateTerms<TRule>>());
        var view = BlockOf<UpdateTerms<TRule>>(memory).SubView(0, terms.Length);
        long chunks = 0;
        for (int i = 0; i < terms.Length; i++)
        {
            var (rule, weight, gradient, first, second) = updates[i];
            weight.Memory.Invalidate();
            terms[i] = new UpdateTerms<TRule>(rule, Place(weight), Place(gradient), Place(first ?? weight), Place(second ?? weight), CountOf(weight), checked((int)chunks));
            chunks += Ceiling.Divide((long)CountOf(weight), ManyUpdatesKernel<TRule>.Chunk);
        }
        staging.Upload<UpdateTerms<TRule>>(terms, view);
        LaunchGroups(new ManyUpdatesKernel<TRule>(wholeMemory.View, view, terms.Length), checked((int)chunks));
        // blocks are handed out again in the order of the queue
        memory.Release();
        foreach (var update in updates) KeepAlive([update.Weight, update.Gradient, update.First, update.Second]);

        long Place(Tensor<float> tensor) => WholeMemory.PlaceOf(ViewOf(tensor));
    }
}

/// <summary>One optimiser step on each weight, all operands in the order of their common memory.</summary>
internal readonly struct UpdateKernel<TRule>(
    TRule rule, ArrayView<float> weight, ArrayView<float> gradient, ArrayView<float> first, ArrayView<float> second) : IElementKernel
    where TRule : unmanaged, IUpdateRule
{
    public void Run(int index) => Step(rule, ref weight[index], gradient[index], ref first[index], ref second[index]);

    public static void Step(TRule rule, ref float weight, float gradient, ref float first, ref float second)
    {
        var moved = new GpuLane(weight);
        var firstState = new GpuLane(TRule.StateCount > 0 ? first : 0f);
        var secondState = new GpuLane(TRule.StateCount > 1 ? second : 0f);
        rule.Step(ref moved, new GpuLane(gradient), ref firstState, ref secondState);
        weight = moved.Value;
        if (TRule.StateCount > 0) first = firstState.Value;
        if (TRule.StateCount > 1) second = secondState.Value;
    }
}

/// <summary>A parameter of <see cref="ManyUpdatesKernel{TRule}"/>.</summary>
/// <param name="rule">The step on each of its weights.</param>
/// <param name="weight">Where its weights begin in the card's whole memory.</param>
/// <param name="gradient">Where its gradient begins.</param>
/// <param name="first">Where what is remembered first begins.</param>
/// <param name="second">Where what is remembered second begins.</param>
/// <param name="count">How many weights it has.</param>
/// <param name="firstChunk">How many chunks the parameters before it have.</param>
internal readonly struct UpdateTerms<TRule>(TRule rule, long weight, long gradient, long first, long second, int count, int firstChunk) where TRule : unmanaged, IUpdateRule
{
    public readonly TRule Rule = rule;
    public readonly long Weight = weight, Gradient = gradient, First = first, Second = second;
    public readonly int Count = count, FirstChunk = firstChunk;
}

/// <summary>Optimiser steps over many parameters: a group does a chunk of one of them.</summary>
/// <param name="memory">The card's whole memory.</param>
/// <param name="table">The parameters.</param>
/// <param name="parameters">How many there are.</param>
internal readonly struct ManyUpdatesKernel<TRule>(ArrayView<float> memory, ArrayView<UpdateTerms<TRule>> table, int parameters) : IGroupKernel
    where TRule : unmanaged, IUpdateRule
{
    /// <summary>Weights of a group.</summary>
    public const int Chunk = 4096;

    public void Run(int group)
    {
        // the last parameter that begins at this chunk or before
        int low = 0, high = parameters - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (table[middle].FirstChunk <= group) low = middle;
            else high = middle - 1;
        }
        var terms = table[low];
        int begin = (group - terms.FirstChunk) * Chunk, end = Math.Min(terms.Count - begin, Chunk) + begin;
        for (int index = begin + Group.IdxX; index < end; index += Group.DimX)
            UpdateKernel<TRule>.Step(terms.Rule, ref memory[terms.Weight + index], memory[terms.Gradient + index], ref memory[terms.First + index], ref memory[terms.Second + index]);
    }
}
