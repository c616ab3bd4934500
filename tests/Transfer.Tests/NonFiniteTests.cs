using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Of a number that is not finite it is said where it came up.</summary>
public sealed class NonFiniteTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void The_first_layer_and_the_examples_of_a_broken_input_are_named()
    {
        var model = new SmallModel();
        var exception = Assert.Throws<NonFiniteException>(() => Train(model, new Pictures(model, breakAt: 4)));
        Assert.Equal(
            "the loss is NaN in step 5 (epoch 2, batch 2): the first output that is not finite is that of 'conv1'; the batch has 1-0.png, 1-1.png, 1-2.png, 1-3.png, 1-4.png and 1 more: "
            + "lower the learning rate, or look for broken inputs", exception.Message);
        Assert.Equal((5, 2, "conv1", 6), (exception.Step, exception.Epoch, exception.Module, exception.Examples.Count));
        Assert.All(model.Parameters().Concat(model.Buffers()), static tensor => Assert.All(tensor.Value.ToArray(), static value => Assert.True(float.IsFinite(value))));
    }

    [Fact]
    public void A_layer_whose_weights_were_broken_before_is_named_with_them()
    {
        var model = new SmallModel();
        var exception = Assert.Throws<NonFiniteException>(() => Train(model, new Pictures(model), new Breaking(static models => models[0].Parameters().First(static one => one.Name == "conv2.weight"))));
        Assert.Equal("conv2", exception.Module);
        Assert.Contains("that of 'conv2', whose 'conv2.weight' is not either since an earlier step", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_of_finite_outputs_is_named_itself()
    {
        var model = new SmallModel();
        var exception = Assert.Throws<NonFiniteException>(() => Train(model, new Pictures(model, scale: float.PositiveInfinity)));
        Assert.Null(exception.Module);
        Assert.Contains("every layer's output is finite, so it is the loss itself", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_gradient_from_the_loss_down_is_named()
    {
        var model = new SmallModel();
        var exception = Assert.Throws<NonFiniteException>(() => Train(model, new Pictures(model), new BadGradients("conv2.weight", "conv1.bias")));
        Assert.StartsWith("the gradients' norm is NaN in step 1 (epoch 1, batch 1): the first gradient from the loss down that is not finite is that of 'conv2.weight'", exception.Message, StringComparison.Ordinal);
        Assert.Equal("conv2.weight", exception.Module);
    }

    private void Train(SmallModel model, ITrainingSet data, params TrainingObserver[] observers)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(0.01);
        using var optimiser = Optimiser.Sgd(groups, clipNorm: 1);
        new Trainer(optimiser, device) { Observers = observers }.Fit(data, 3);
    }

    /// <summary>Three batches of six pictures with names.</summary>
    private sealed class Pictures(SmallModel model, int? breakAt = null, float scale = 1) : ITrainingSet
    {
        public int BatchesPerEpoch => 3;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
        {
            for (int i = 0; i < 3; i++) yield return new Batch(model, i, epoch * 3 + i == breakAt, scale);
        }

        private sealed class Batch(SmallModel model, int number, bool isBroken, float scale) : ITrainingBatch
        {
            public int Count => 6;

            public IReadOnlyList<string> ExampleNames => [.. Enumerable.Range(0, 6).Select(index => $"{number}-{index}.png")];

            public Variable Loss(Pass pass)
            {
                var numbers = new float[6 * 48];
                new RandomStream(1, $"{number}").FillNormal(numbers, 0f, 1f);
                if (isBroken) numbers[7] = float.NaN;
                return model.Forward(pass.Constant(pass.Upload<float>([6, 3, 4, 4], numbers))).CrossEntropy([0, 1, 0, 1, 0, 1]) * scale;
            }
        }
    }

    private sealed class Breaking(Func<IReadOnlyList<Model>, Parameter> which) : TrainingObserver
    {
        public override void StepDone(TrainingContext context)
        {
            if (context.Step == 2) which(context.Models).Fill(static numbers => numbers[^1] = float.NaN);
        }
    }

    private sealed class BadGradients(params string[] names) : TrainingObserver
    {
        public override void GradientsReady(TrainingContext context)
        {
            foreach (var parameter in context.Gradients.Parameters.Where(one => names.Contains(one.Name)).ToList())
                context.Gradients.Replace(parameter, [.. Enumerable.Repeat(float.NaN, (int)parameter.Shape.ElementCount)]);
        }
    }
}
