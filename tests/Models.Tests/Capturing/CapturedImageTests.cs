using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>A captured pass gives the eager pass's bits, from one planned block of memory.</summary>
public sealed class CapturedImageTests
{
    public static TheoryData<string, int, int, int> Models => new()
    {
        { "cifar-resnet20", 32, 1, 1 }, { "cifar-resnet20", 32, 3, 2 }, { "resnet18", 40, 1, 2 }, { "resnet18", 40, 3, 1 }, { "resnet50", 33, 2, 2 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void The_logits_are_the_eager_ones_bit_by_bit(string name, int size, int images, int threads)
    {
        using var device = new CpuDevice(threads);
        var model = Grown(name);
        Shape shape = [images, 3, size, size];
        using var captured = model.Capture(device, shape);
        Assert.Equal(shape, captured.InputShape);
        Assert.Equal([images, 10], captured.OutputShape);
        var logits = new float[images * 10];
        for (int run = 0; run < 3; run++)
        {
            // after another input of another range, so that nothing left over from the run before can be taken for this one's
            float[] pixels = Draw.Uniform($"pixels {run}", (int)shape.ElementCount);
            captured.Run(pixels, logits);
            Assert.Equal(Eager(model, device, shape, pixels), logits);

            using var tensor = Tensor.From<float>(shape, pixels, device);
            Array.Clear(logits);
            captured.Run(tensor, logits);
            Assert.Equal(Eager(model, device, shape, pixels), logits);
        }
    }

    [Fact]
    public void A_warmed_up_run_allocates_nothing()
    {
        foreach (int threads in (int[])[1, 2])
        {
            using var device = new CpuDevice(threads);
            using var captured = Grown("resnet18").Capture(device, [2, 3, 64, 64]);
            float[] pixels = Draw.Uniform("pixels", (int)captured.InputShape.ElementCount), logits = new float[20];
            using var images = Tensor.From<float>(captured.InputShape, pixels, device);
            for (int i = 0; i < 5; i++) Runs();
            long taken = device.BytesTaken;
            Allocations.None(Runs);
            Assert.Equal(taken, device.BytesTaken);

            void Runs()
            {
                captured.Run(pixels, logits);
                captured.Run(images, logits);
            }
        }
    }

    [Theory]
    [InlineData("cifar-resnet20", 32, 4)]
    [InlineData("resnet18", 224, 1)]
    [InlineData("resnet50", 224, 2)]
    public void A_plan_takes_little_more_than_what_is_alive_at_once(string name, int size, int images)
    {
        using var captured = ModelRegistry.Create(name).Capture(Device.Cpu, [images, 3, size, size]);
        var plan = captured.Replay;
        Assert.Equal(plan.PlannedBytes, captured.PlannedBytes);
        Assert.InRange(plan.PlannedBytes, plan.LeastBytes, plan.LeastBytes * 11 / 10);
        Assert.InRange(plan.PlannedBytes, 1, plan.UnsharedBytes / 2);
    }

    [Fact]
    public void A_shape_that_does_not_fit_is_refused_when_it_is_captured()
    {
        var exception = Assert.Throws<ShapeException>(() => ModelRegistry.Create("resnet18").Capture(Device.Cpu, [1, 4, 64, 64]));
        Assert.Contains("[1, 4, 64, 64]", exception.Message, StringComparison.Ordinal);
        Assert.Equal("conv1", exception.ModuleKey);
    }

    /// <summary>Batch norms are scales and shifts that weights alone decide: they are no part of a run.</summary>
    [Fact]
    public void What_depends_on_parameters_alone_is_computed_once()
    {
        using var device = new CpuDevice(1);
        using var captured = Grown("resnet18").Capture(device, [1, 3, 64, 64]);
        // 20 convolutions, the pooling of the stem, the mean and the last map, and the images with their channels innermost
        Assert.Equal(24, captured.Replay.ReplayedCalls);
        Assert.Equal(4 * 20, captured.Replay.FoldedCalls);
    }

    private static ImageModel Grown(string name)
    {
        var model = ModelRegistry.Create(name, classes: 10, seed: 7);
        // statistics that make a difference
        foreach (var tensor in model.Tensors().Where(tensor => tensor.IsBuffer))
            tensor.Fill(numbers => Draw.Uniform(tensor.Name, numbers.Length).Select(number => 1.5f + 0.5f * number).ToArray().CopyTo(numbers));
        return model;
    }

    private static float[] Eager(ImageModel model, Device device, Shape shape, float[] pixels)
    {
        using var images = Tensor.From<float>(shape, pixels, device);
        using var pass = Pass.Infer(device);
        return model.Forward(pass.Constant(images)).Value.ToArray();
    }
}
