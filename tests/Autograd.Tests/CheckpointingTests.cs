using Graft.Tensors;
using Graft.Testing;

namespace Graft.Autograd.Tests;

/// <summary>Activations that backward computes again.</summary>
public sealed class CheckpointingTests : IDisposable
{
    private readonly CpuDevice device = new(2);
    private readonly TestParameter first = new("first", [8, 8], Draw.Uniform("first", 64));
    private readonly TestParameter second = new("second", [8, 8], Draw.Uniform("second", 64));
    private readonly Tensor<float> rows;

    public CheckpointingTests() => rows = Tensor.From<float>([4, 8], Draw.Uniform("rows", 32), device);

    public void Dispose() => device.Dispose();

    /// <summary>A residual around a part that draws, an input that is used beside it, and a weight that two parts share.</summary>
    [Fact]
    public void Gradients_are_those_of_a_plain_run_bit_by_bit()
    {
        float[][] plain = Gradients(isCheckpointing: false, out int deferred), again = Gradients(isCheckpointing: true, out int deferredAgain);
        for (int i = 0; i < plain.Length; i++) Check.SameBits($"gradient {i}", again[i], plain[i]);
        Assert.Equal((2, 2), (deferred, deferredAgain));
        Assert.NotEqual(plain[0], Gradients(isCheckpointing: true, out _, seed: 6)[0]);
    }

    [Fact]
    public void The_tape_holds_a_call_and_its_input()
    {
        using var pass = Pass.Train(device, seed: 5);
        var y = pass.Checkpoint(pass.Constant(rows), this, static (x, test) => (x.Linear(x.Pass.Of(test.first)).Exp() * 2f).Exp());
        Assert.Equal(1, pass.TapeLength);
        Assert.True(y.NeedsGradient);
        // the rows and the result
        Assert.Equal(2, pass.Held().Count);
        pass.Backward(y.Sum());
        Assert.Equal(0, pass.TapeLength);
    }

    [Fact]
    public void What_needs_no_gradient_leaves_nothing_on_the_tape()
    {
        first.IsFrozen = true;
        using var pass = Pass.Train(device);
        var y = pass.Checkpoint(pass.Constant(rows), this, static (x, test) => x.Linear(x.Pass.Of(test.first)).Exp());
        Assert.Equal((0, false), (pass.TapeLength, y.NeedsGradient));
    }

    [Fact]
    public void A_pass_that_infers_calls_it_plainly()
    {
        using var pass = Pass.Infer(device);
        var y = pass.Checkpoint(pass.Constant(rows), this, static (x, test) => x.Linear(x.Pass.Of(test.first)).Exp());
        Check.SameBits("inferred", y.Value.ToArray(), pass.Constant(rows).Linear(pass.Of(first)).Exp().Value.ToArray());
    }

    [Fact]
    public void A_weight_that_was_overwritten_since_is_refused()
    {
        using var pass = Pass.Train(device);
        // backward of the sum alone would not read the weight
        var y = pass.Checkpoint(pass.Constant(rows), this, static (x, test) => x.Linear(x.Pass.Of(test.first)));
        first.Value.CopyFrom(new float[64]);
        var error = Assert.Throws<InvalidOperationException>(() => pass.Backward(y.Sum()));
        Assert.Contains("overwritten since the forward", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_on_something_within_is_refused()
    {
        using var pass = Pass.Train(device);
        Variable? inner = null;
        var y = pass.Checkpoint(pass.Constant(rows), this, (x, test) => (inner = x.Linear(pass.Of(test.first))).Reshape([8, 4]));
        var error = Assert.Throws<InvalidOperationException>(() => pass.Backward(y.Sum() + inner!.Sum()));
        Assert.Contains("activation checkpointing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_that_does_something_else_the_second_time_is_refused()
    {
        using var pass = Pass.Train(device);
        int calls = 0;
        var y = pass.Checkpoint(pass.Constant(rows), this, (x, test) => calls++ == 0 ? x.Linear(pass.Of(test.first)) : x.Linear(pass.Of(test.first)).Exp());
        var error = Assert.Throws<InvalidOperationException>(() => pass.Backward(y.Sum()));
        Assert.Contains("computed something else", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_of_another_pass_is_refused()
    {
        using Pass pass = Pass.Train(device), other = Pass.Train(device);
        Assert.Throws<ArgumentException>(() => pass.Checkpoint(other.Constant(rows), 0, static (x, _) => x));
    }

    private float[][] Gradients(bool isCheckpointing, out int deferred, ulong seed = 5)
    {
        var counts = new Counting();
        float[][] gradients;
        using (var pass = Pass.Train(device, seed))
        {
            var leaf = pass.Leaf(rows);
            var scale = pass.Constant(pass.Upload<float>([1, 8], Draw.Uniform("scale", 8)));
            var scope = pass.OpenScope();
            var x = leaf * 1.5f;
            for (int part = 0; part < 2; part++)
            {
                var given = (Test: this, scale, counts);
                Func<Variable, (CheckpointingTests Test, Variable scale, Counting counts), Variable> compute = static (input, with) => with.Test.Part(input, with.scale, with.counts);
                var y = isCheckpointing ? pass.Checkpoint(x, given, compute) : compute(x, given);
                x = scope.KeepOnly(y + x.Square());
            }
            var result = pass.Backward(x.Mean());
            gradients = [result.Of(leaf)!.ToArray(), result.Of(first)!.ToArray(), result.Of(second)!.ToArray()];
        }
        deferred = counts.Applied;
        return gradients;
    }

    private Variable Part(Variable x, Variable scale, Counting counts)
    {
        var pass = x.Pass;
        var hidden = DropoutFunction.Apply(x.Linear(pass.Of(first)) * scale, 0.5f, "drop");
        pass.Defer(counts.Update());
        var branch = DropoutFunction.Apply(hidden.Exp().Linear(pass.Of(second)), 0.25f, "drop");
        return (branch + x).Tanh() * x + hidden.Linear(pass.Of(first));
    }

    private sealed class Counting
    {
        public int Applied { get; private set; }

        public DeferredUpdate Update() => new Once(this);

        private sealed class Once(Counting counts) : DeferredUpdate
        {
            public override void Apply(Device device) => counts.Applied++;
        }
    }
}
