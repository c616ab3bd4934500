using Graft.Tensors;
using Graft.Testing;

namespace Graft.Autograd.Tests;

public sealed class CapturedTests : IDisposable
{
    private static readonly Shape Images = [2, 4, 6, 6];

    private readonly CpuDevice device = new(2);
    private readonly TestParameter kernel;
    private readonly TestParameter scale;
    private readonly TestParameter shift;
    private readonly TestParameter head;

    public CapturedTests()
    {
        kernel = new("kernel", [4, 4, 3, 3], Draw.Uniform("kernel", 144));
        scale = new("scale", [4], [1, 2, 3, 4]);
        shift = new("shift", [4], [0, 1, 0, -1]);
        head = new("head", [5, 4], Draw.Uniform("head", 20));
    }

    public static TheoryData<string> Functions => [.. Cases.Keys];

    /// <summary>What a plan could get wrong: something read late, written in parts, shared by two, or not written at all.</summary>
    private static Dictionary<string, Func<CapturedTests, Variable, Variable>> Cases { get; } = new()
    {
        ["network"] = (given, x) => given.Network(x),
        ["nothing"] = (_, x) => x,
        ["view"] = (_, x) => x.Relu().Permute(3, 0, 2, 1),
        ["parameter"] = (given, x) => x.Pass.Of(given.head),
        ["folded"] = (given, x) => x.Pass.Of(given.head).Exp() * 2f,
        ["in place"] = (_, x) => x.Exp().Tanh().Relu().Sigmoid(),
        ["read late"] = (_, x) => x.Tanh().Relu().Exp() * x,
        ["used twice"] = (_, x) => (x * x).Tanh() + x.Tanh(),
        ["padded"] = (_, x) => x.Pad(1, 1, 2).Tanh().Pad(^1, 2, 1),
        ["broadcast"] = (given, x) => (x.Mean([2, 3], keepAxes: true) * x + x.Pass.Of(given.scale).Exp().Reshape([1, 4, 1, 1])).Relu(),
        ["slices"] = (_, x) => x.Slice(2, 1, 3).Reshape([2, 72]) + x.Slice(2, 3, 3).Reshape([2, 72]),
        ["softmax"] = (_, x) => SoftmaxFunction.Apply(SoftmaxFunction.Apply(x * 3f, log: true).Exp(), log: false),
    };

    public void Dispose() => device.Dispose();

    [Theory]
    [MemberData(nameof(Functions))]
    public void Each_run_gives_the_eager_bits(string name)
    {
        using var captured = Captured.Record(device, Images, x => Cases[name](this, x));
        for (int run = 0; run < 3; run++)
        {
            float[] numbers = Draw.Uniform($"images {run}", Images.ElementCount);
            Check.SameBits(name, Run(captured, numbers), Eager(x => Cases[name](this, x), numbers));
        }
    }

    [Fact]
    public void What_parameters_alone_decide_is_no_part_of_a_run()
    {
        using var captured = Captured.Record(device, Images, Network);
        // of the network: the images' order in memory, two convolutions, the mean, the map; of the norm beside it: four calls
        Assert.Equal((5, 4), (captured.Replay.ReplayedCalls, captured.Replay.FoldedCalls));
    }

    [Fact]
    public void A_result_takes_the_place_of_what_is_read_for_the_last_time()
    {
        long block = Images.ElementCount * sizeof(float);
        using (var chain = Captured.Record(device, Images, x => x.Exp().Tanh().Relu())) Assert.Equal(block, chain.PlannedBytes);
        using (var late = Captured.Record(device, Images, x => x.Exp().Tanh() * x)) Assert.Equal(2 * block, late.PlannedBytes);
        // a product whose residual is also its factor: it has to stay until all rows are done
        using var factor = Captured.Record(device, [8, 8], x =>
        {
            var y = x.Pass.Rent([8, 8]);
            x.Pass.Device.Gemm(default(AddResidual), x.Value, x.Value, null, x.Value, y);
            return x.Pass.Untracked(y);
        });
        Assert.Equal(2 * 8 * 8 * sizeof(float), factor.PlannedBytes);
        using var residual = Captured.Record(device, [8, 8], x =>
        {
            var y = x.Pass.Rent([8, 8]);
            x.Pass.Device.Gemm(default(AddResidual), x.Exp().Value, x.Tanh().Value, null, x.Value, y);
            return x.Pass.Untracked(y);
        });
        Assert.Equal(3 * 8 * 8 * sizeof(float), residual.PlannedBytes);
    }

    [Theory]
    [InlineData("copy")]
    [InlineData("fill")]
    [InlineData("update")]
    public void A_run_sees_every_change_of_a_parameter(string change)
    {
        using var captured = Captured.Record(device, Images, Network);
        float[] numbers = Draw.Uniform("images", Images.ElementCount), before = Run(captured, numbers);
        foreach (var parameter in new[] { kernel, scale, shift, head })
        {
            if (change == "copy") parameter.Value.CopyFrom(Draw.Uniform("other", parameter.Shape.ElementCount));
            else if (change == "fill") parameter.Fill(values => Draw.Uniform("other", values.Length).CopyTo(values));
            else
            {
                using var gradient = Tensor.From<float>(parameter.Shape, Draw.Uniform("gradient", parameter.Shape.ElementCount), device);
                device.Update(new Descent(), parameter.Value, gradient, null, null);
            }
            float[] after = Run(captured, numbers);
            Check.SameBits($"{parameter.Name} after {change}", after, Eager(Network, numbers));
            Assert.NotEqual(before, after);
            before = after;
        }
    }

    [Fact]
    public void A_model_that_was_used_on_another_device_has_to_be_captured_again()
    {
        using var captured = Captured.Record(device, Images, Network);
        float[] numbers = Draw.Uniform("images", Images.ElementCount);
        float[] before = Run(captured, numbers);
        using var other = new CpuDevice(1);
        kernel.ValueOn(other);
        Assert.Contains("capture it again", Assert.Throws<InvalidOperationException>(() => Run(captured, numbers)).Message, StringComparison.Ordinal);
        using var again = Captured.Record(device, Images, Network);
        Check.SameBits("captured again", Run(again, numbers), before);
    }

    [Fact]
    public void Inputs_and_outputs_of_other_sizes_are_refused_with_both_named()
    {
        using var captured = Captured.Record(device, Images, Network);
        float[] input = new float[Images.ElementCount], output = new float[10];
        Refused("[2, 4, 6, 6]", "287 values", () => captured.Run(input.AsSpan(1), output));
        Refused("[2, 5]", "9 values", () => captured.Run(input, output.AsSpan(1)));
        using var tensor = Tensor.From<float>([4, 2, 6, 6], input, device);
        Refused("[2, 4, 6, 6]", "[4, 2, 6, 6]", () => captured.Run(tensor, output));
        using var elsewhere = Tensor.From<float>(Images, input);
        Assert.Contains("make it there", Assert.Throws<ArgumentException>(() => captured.Run(elsewhere, output)).Message, StringComparison.Ordinal);

        static void Refused(string shape, string other, Action run)
        {
            string message = Assert.Throws<ShapeException>(run).Message;
            Assert.Contains(shape, message, StringComparison.Ordinal);
            Assert.Contains(other, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Threads_that_run_one_recording_wait_for_each_other()
    {
        using var captured = Captured.Record(device, Images, Network);
        float[][] numbers = [.. Enumerable.Range(0, 4).Select(thread => Draw.Uniform($"images {thread}", Images.ElementCount))];
        float[][] expected = [.. numbers.Select(input => Eager(Network, input))];
        int wrong = 0;
        var threads = Enumerable.Range(0, numbers.Length).Select(thread => new Thread(() =>
        {
            var output = new float[10];
            for (int run = 0; run < 200; run++)
            {
                captured.Run(numbers[thread], output);
                if (!output.AsSpan().SequenceEqual(expected[thread])) Interlocked.Increment(ref wrong);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Disposal_gives_all_memory_back_and_ends_its_use()
    {
        float[] numbers = Draw.Uniform("images", Images.ElementCount);
        var captured = Captured.Record(device, Images, Network);
        Run(captured, numbers);
        captured.Dispose();
        captured.Dispose();
        Assert.Throws<ObjectDisposedException>(() => captured.Run(numbers, new float[10]));
        long taken = device.BytesTaken;
        for (int i = 0; i < 3; i++)
        {
            using var again = Captured.Record(device, Images, Network);
            Run(again, numbers);
        }
        Assert.Equal(taken, device.BytesTaken);
    }

    [Fact]
    public void What_cannot_be_recorded_is_refused()
    {
        Refused("on the host", x => x.Value.ToArray()[0] > 0 ? x.Relu() : x);
        Refused("not its own", x =>
        {
            x.Pass.Device.Map(default(Relu), scale.ValueOn(device), scale.ValueOn(device));
            return x;
        });
        Refused("part of training", x =>
        {
            x.Pass.Device.SoftmaxBackward(x.Value, x.Value, x.Pass.Rent(x.Shape), log: false);
            return x;
        });
        Refused("give it a tensor of its own", x =>
        {
            x.Pass.Device.Map(default(Relu), x.Value, x.Value);
            return x;
        });
        Refused("keep in order", x =>
        {
            var y = x.Relu();
            y.Value.CopyFrom(new float[y.Shape.ElementCount]);
            return y;
        });

        void Refused(string reason, Func<Variable, Variable> function) => Assert.Contains(
            reason, Assert.Throws<NotSupportedException>(() => Captured.Record(device, Images, function)).Message, StringComparison.Ordinal);
    }

    /// <summary>A norm with stored statistics in a convolution's epilogue, a residual, pooling and a map.</summary>
    private Variable Network(Variable x)
    {
        var pass = x.Pass;
        Tensor<float> shifts = pass.Rent([4]), scales = pass.Rent([4]);
        pass.Device.Map(new InverseSquareRoot(2f), pass.Of(scale).Value, scales);
        pass.Device.Zip(default(Multiply), scales, pass.Of(shift).Value, scales);
        pass.Device.Map(new Scale(0.5f), scales, shifts);
        pass.Device.Zip(default(Subtract), pass.Of(shift).Value, shifts, shifts);
        var geometry = Conv2dGeometry.Square(padding: 1);
        var y = Conv2dFunction.Scaled(x, pass.Of(kernel), shifts, scales, null, default(Relu), geometry);
        y = Conv2dFunction.Scaled(y, pass.Of(kernel), shifts, scales, y, default(Relu), geometry);
        return LinearFunction.Apply(y.Mean(2, 3).Reshape([x.Shape[0], 4]), pass.Of(head), null);
    }

    private float[] Eager(Func<Variable, Variable> function, float[] numbers)
    {
        using var input = Tensor.From<float>(Images, numbers, device);
        using var pass = Pass.Infer(device);
        return function(pass.Constant(input)).Value.ToArray();
    }

    private static float[] Run(Captured captured, float[] numbers)
    {
        var output = new float[captured.OutputShape.ElementCount];
        captured.Run(numbers, output);
        return output;
    }

    private readonly struct Descent : IUpdateRule
    {
        public static int StateCount => 0;

        public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S> => weight -= gradient;
    }
}
