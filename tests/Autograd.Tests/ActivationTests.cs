using Graft.Tensors;

namespace Graft.Autograd.Tests;

public sealed class ActivationTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public static TheoryData<string> Names => [.. Activation.All.Select(activation => activation.Name)];

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_config_names_an_activation_in_any_of_its_spellings()
    {
        Assert.Same(Activation.Find("silu"), Activation.Find("swish"));
        Assert.Same(Activation.Gelu, Activation.Find("gelu_python"));
        Assert.Null(Activation.Find("no such"));
        string[] names = [.. Activation.All.Select(activation => activation.Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    /// <summary>Behind a norm, a linear map and a convolution an activation gives the numbers and the gradients that it gives alone.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Behind_other_functions_it_is_what_it_is_alone(string name)
    {
        var activation = Activation.Find(name)!;
        Same((_, v) => Stored(v, activation), (_, v) => activation.Apply(Stored(v, null)), [4, 3, 2, 2], [3], [3], [4, 3, 2, 2]);
        Same((_, v) => OfBatch(v, activation), (_, v) => activation.Apply(OfBatch(v, null)), [4, 3, 2, 2], [3], [3], [4, 3, 2, 2]);
        Same((_, v) => activation.Linear(v[0], v[1], v[2]), (_, v) => activation.Apply(LinearFunction.Apply(v[0], v[1], v[2])), [5, 4], [3, 4], [3]);
        Same((_, v) => activation.Linear(v[0], v[1], null), (_, v) => activation.Apply(LinearFunction.Apply(v[0], v[1], null)), [5, 4], [3, 4]);

        Variable Stored(Variable[] v, Activation? last)
        {
            var (mean, variance) = (v[0].Pass.Rent([3]), v[0].Pass.Rent([3]));
            mean.CopyFrom([0.2f, -0.4f, 0.1f]);
            variance.CopyFrom([0.4f, 1.3f, 0.8f]);
            return BatchNormFunction.Stored(v[0], mean, variance, v[1], v[2], 1e-3f, last, v[3]);
        }

        static Variable OfBatch(Variable[] v, Activation? last) => BatchNormFunction.OfBatch(v[0], v[1], v[2], 1e-3f, out _, out _, last, v[3]);
    }

    [Fact]
    public void One_of_the_callers_own_op_is_one_line()
    {
        var own = Activation.Of("cube", default(Cube));
        using var pass = Pass.Infer(device);
        using var numbers = Tensor.From<float>([3], [1f, 2f, -3f], device);
        Assert.Equal([1f, 8f, -27f], own.Apply(pass.Constant(numbers)).Value.ToArray());
        Assert.Equal("cube", own.ToString());
    }

    private void Same(Func<Pass, Variable[], Variable> fused, Func<Pass, Variable[], Variable> alone, params int[][] shapes)
    {
        foreach (bool isTraining in (bool[])[false, true])
        {
            float[] expected = Numbers(alone, shapes, isTraining), actual = Numbers(fused, shapes, isTraining);
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5f * Math.Max(1f, Math.Abs(expected[i])));
        }
    }

    /// <summary>The output, and in training every gradient behind it.</summary>
    private float[] Numbers(Func<Pass, Variable[], Variable> function, int[][] shapes, bool isTraining)
    {
        using var pass = isTraining ? Pass.Train(device) : Pass.Infer(device);
        var inputs = shapes.Select((lengths, number) => Of(pass, $"input {number}", lengths)).ToArray();
        var y = function(pass, inputs);
        if (!isTraining) return y.Value.ToArray();
        var gradients = pass.Backward((y * 3f).Sum());
        return [.. y.Value.ToArray(), .. inputs.SelectMany(input => gradients.Of(input)!.ToArray())];
    }

    private static Variable Of(Pass pass, string name, int[] lengths)
    {
        var numbers = new float[lengths.Aggregate(1, (product, length) => product * length)];
        new RandomStream(3, name).FillNormal(numbers, 0.1f, 1f);
        return pass.Leaf(pass.Upload<float>(new Shape(lengths), numbers));
    }

    private readonly struct Cube : IUnaryOp
    {
        public static Saves Saves => Saves.Input;

        public S Forward<S>(S x) where S : unmanaged, ILane<S> => x * x * x;

        public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(3) * x * x;
    }
}
