using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Update: an optimiser's step over a parameter, with rules of the tests' own.</summary>
public sealed class UpdateTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static IEnumerable<(int Size, Layout Layout)> Cases =>
        [.. from size in Tiny ? [0, 1, 33] : new[] { 0, 1, 3, 4, 5, 15, 16, 17, 33, 1001, 70003 } select (size, Layout.Contiguous)];

    [Fact]
    public void A_rule_without_memory() => Each(Cases, item => Run(new Descend(0.1f), [item.Size], item.Layout, 0));

    [Fact]
    public void A_rule_with_one_remembered_number() => Each(Cases, item => Run(new Accelerate(0.1f), [item.Size], item.Layout, 1));

    [Fact]
    public void A_rule_with_two_remembered_numbers() => Each(Cases, item => Run(new Adapt(0.1f), [item.Size], item.Layout, 2));

    [Fact]
    public void Any_dense_strides()
    {
        Each<Layout>([Layout.Contiguous, Layout.ChannelsLast, Layout.Reversed], layout =>
        {
            Run(new Adapt(0.1f), [3, 5, 2, 4], layout, 2);
            Run(new Descend(0.1f), [3, 5, 2, 4], layout, 0);
        });
    }

    [Fact]
    public void Many_parameters_at_once_as_one_by_one()
    {
        // more than a card's group does at once, one exactly as much, and one of nothing between others
        int[] sizes = Tiny ? [5, 0, 4096, 4099] : [70003, 1, 0, 4096, 17, 8192, 3];
        Together(new Descend(0.1f), sizes, 0);
        Together(new Accelerate(0.1f), sizes, 1);
        Together(new Adapt(0.1f), sizes, 2);
        Device.Update<Descend>([]);
    }

    private void Together<TRule>(TRule rule, int[] sizes, int states) where TRule : unmanaged, IUpdateRule
    {
        var (once, single) = (sizes.Select(Parameter).ToArray(), sizes.Select(Parameter).ToArray());
        Device.Update<TRule>(once);
        foreach (var (_, weight, gradient, first, second) in single) Device.Update(rule, weight, gradient, first, second);
        for (int i = 0; i < sizes.Length; i++)
        {
            Check.SameBits($"weight {i}", once[i].Weight.ToArray(), single[i].Weight.ToArray());
            if (states > 0) Check.SameBits($"first {i}", once[i].First!.ToArray(), single[i].First!.ToArray());
            if (states > 1) Check.SameBits($"second {i}", once[i].Second!.ToArray(), single[i].Second!.ToArray());
        }

        ParameterUpdate<TRule> Parameter(int size) =>
            new(rule, Numbers("weight", size), Numbers("gradient", size), states > 0 ? Numbers("first", size) : null, states > 1 ? Numbers("second", size) : null);

        Tensor<float> Numbers(string name, int size) => Tensor.From<float>([size], Draw.Uniform(name, size, 0.1, 1), Device);
    }

    private void Run<TRule>(TRule rule, Shape shape, Layout layout, int states) where TRule : unmanaged, IUpdateRule
    {
        var (weight, gradient) = (Draw.Uniform("weight", shape.ElementCount), Draw.Uniform("gradient", shape.ElementCount));
        var (first, second) = (Draw.Uniform("first", shape.ElementCount), Draw.Uniform("second", shape.ElementCount, 0.1, 1));
        var placedWeight = Input(shape, weight, layout);
        var placedFirst = states > 0 ? Input(shape, first, layout) : null;
        var placedSecond = states > 1 ? Input(shape, second, layout) : null;
        Device.Update(rule, placedWeight.Tensor, Input(shape, gradient, layout).Tensor, placedFirst?.Tensor, placedSecond?.Tensor);

        var expected = new (double Weight, double First, double Second)[weight.Length];
        for (int i = 0; i < weight.Length; i++)
        {
            var (w, m, v) = (new LaneD(weight[i]), new LaneD(states > 0 ? first[i] : 0), new LaneD(states > 1 ? second[i] : 0));
            rule.Step(ref w, new LaneD(gradient[i]), ref m, ref v);
            expected[i] = (w.Value, m.Value, v.Value);
        }
        double[] ones = [.. weight.Select(_ => 1.0)];
        Check.Close("weight", placedWeight.Read("weight"), expected.Select(item => item.Weight).ToArray(), ones, 4 * Check.Unit);
        if (placedFirst is not null) Check.Close("first", placedFirst.Read("first"), expected.Select(item => item.First).ToArray(), ones, 4 * Check.Unit);
        if (placedSecond is not null) Check.Close("second", placedSecond.Read("second"), expected.Select(item => item.Second).ToArray(), ones, 4 * Check.Unit);
    }

    private readonly struct Descend(float rate) : IUpdateRule
    {
        public static int StateCount => 0;

        public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S> =>
            weight -= S.Splat(rate) * gradient;
    }

    private readonly struct Accelerate(float rate) : IUpdateRule
    {
        public static int StateCount => 1;

        public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
        {
            first = S.FusedMultiplyAdd(S.Splat(0.9f), first, gradient);
            weight -= S.Splat(rate) * first;
        }
    }

    private readonly struct Adapt(float rate) : IUpdateRule
    {
        public static int StateCount => 2;

        public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
        {
            first = S.FusedMultiplyAdd(S.Splat(0.1f), gradient - first, first);
            second = S.FusedMultiplyAdd(S.Splat(0.01f), gradient * gradient - second, second);
            weight -= S.Splat(rate) * first / (S.Sqrt(second) + S.Splat(1e-3f));
        }
    }
}
