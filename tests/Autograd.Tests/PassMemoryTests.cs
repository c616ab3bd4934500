using Graft.Tensors;
using Graft.Testing;

namespace Graft.Autograd.Tests;

public sealed class PassMemoryTests : IDisposable
{
    private readonly CpuDevice device = new(2);
    private readonly TestParameter kernel;
    private readonly TestParameter scale;
    private readonly TestParameter shift;
    private readonly TestParameter head;
    private readonly Tensor<float> images;

    public PassMemoryTests()
    {
        kernel = new("kernel", [4, 3, 3, 3], Draw.Uniform("kernel", 108));
        scale = new("scale", [4], [1, 2, 3, 4]);
        shift = new("shift", [4], [0, 1, 0, -1]);
        head = new("head", [5, 4], Draw.Uniform("head", 20));
        images = Tensor.From<float>([2, 3, 16, 16], Draw.Uniform("images", 2 * 3 * 16 * 16), device);
    }

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_second_identical_step_takes_no_new_memory()
    {
        float[] first = Step(out _);
        long taken = device.BytesTaken;
        for (int step = 0; step < 3; step++) Check.SameBits("gradient", Step(out _), first);
        Assert.Equal(taken, device.BytesTaken);
        GC.KeepAlive(images);
    }

    [Fact]
    public void All_memory_goes_back_with_the_pass()
    {
        Step(out var tensors);
        Assert.All(tensors, tensor => Assert.False(tensor.IsAlive));
        Assert.True(images.IsAlive);
        Assert.All(new[] { kernel, scale, shift, head }, parameter => Assert.True(parameter.Value.IsAlive));
        Assert.All(new[] { kernel, scale, shift, head }, parameter => Assert.False(parameter.Value.Memory.IsShared));
    }

    [Fact]
    public void A_pass_without_backward_gives_back_what_its_tape_saved()
    {
        for (int step = 0; step < 2; step++)
        {
            List<Tensor<float>> tensors = [];
            using (var pass = Pass.Train(device))
            {
                Forward(pass, tensors);
                Assert.True(pass.TapeLength > 0);
            }
            Assert.All(tensors, tensor => Assert.False(tensor.IsAlive));
            Assert.False(kernel.Value.Memory.IsShared);
        }
    }

    [Fact]
    public void A_tensor_is_refused_after_its_pass()
    {
        Variable y;
        Tensor<float> gradient;
        using (var pass = Pass.Train(device))
        {
            y = pass.Of(scale) * 2f;
            gradient = pass.Backward(y.Sum()).Of(scale)!;
        }
        var error = Assert.Throws<ObjectDisposedException>(() => y.Value.ToArray());
        Assert.Contains("its memory was given back when the pass", error.Message, StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => gradient.ToArray());
    }

    [Fact]
    public void Gradients_of_an_ended_pass_show_nothing_of_the_next()
    {
        Gradients ended;
        using (var pass = Pass.Train(device)) ended = pass.Backward((pass.Of(scale) * 2f).Sum());
        using var next = Pass.Train(device);
        var gradients = next.Backward((next.Of(scale) * 3f).Sum());
        Assert.Null(ended.Of(scale));
        ended.Dispose();
        Assert.Equal([3f, 3f, 3f, 3f], gradients.Of(scale)!.ToArray());
    }

    [Fact]
    public void Gradients_of_the_callers_outlive_the_pass_until_disposed()
    {
        Tensor<float> gradient;
        using (var gradients = new Gradients())
        {
            using (var pass = Pass.Train(device)) pass.Backward((pass.Of(scale) * 2f).Sum(), gradients);
            gradient = gradients.Of(scale)!;
            Assert.Equal([2f, 2, 2, 2], gradient.ToArray());
        }
        Assert.False(gradient.IsAlive);
    }

    [Fact]
    public void A_scope_gives_back_all_but_its_result_and_what_the_tape_saved()
    {
        using var pass = Pass.Infer(device);
        var scope = pass.OpenScope();
        var inner = pass.Of(scale) * 2f;
        var outer = scope.KeepOnly(inner * 3f);
        Assert.False(inner.Value.IsAlive);
        Assert.Equal([6f, 12, 18, 24], outer.Value.ToArray());

        using var training = Pass.Train(device);
        scope = training.OpenScope();
        var saved = training.Of(scale).Exp();
        var loss = scope.KeepOnly(saved.Sum());
        var gradient = training.Backward(loss).Of(scale)!;
        Assert.Equal(Math.E, gradient.ToArray()[0], 1e-5);
        Assert.False(saved.Value.IsAlive);
    }

    private float[] Step(out List<Tensor<float>> tensors)
    {
        tensors = [];
        using var pass = Pass.Train(device);
        var gradients = pass.Backward(Forward(pass, tensors));
        foreach (var parameter in new[] { kernel, scale, shift, head }) tensors.Add(gradients.Of(parameter)!);
        return gradients.Of(kernel)!.ToArray();
    }

    private Variable Forward(Pass pass, List<Tensor<float>> tensors)
    {
        var convolved = Conv2dFunction.Apply(pass.Constant(images), pass.Of(kernel), null, Conv2dGeometry.Square(padding: 1));
        var normalised = BatchNormFunction.OfBatch(convolved, pass.Of(scale), pass.Of(shift), 1e-5f, out var mean, out var variance);
        var activated = (normalised + convolved).Relu();
        var pooled = Pooling.Max(activated, Pool2dGeometry.Square(2, 2)).Mean(2, 3).Reshape([2, 4]);
        var logits = LinearFunction.Apply(pooled, pass.Of(head), null);
        var loss = logits.CrossEntropy([1, 3], 0.1f);
        tensors.AddRange([convolved.Value, normalised.Value, mean, variance, activated.Value, pooled.Value, logits.Value, loss.Value]);
        return loss;
    }
}
