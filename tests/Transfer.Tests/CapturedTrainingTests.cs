using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Transfer.Tests;

public sealed class CapturedTrainingTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    /// <summary>Weights that an optimiser moved and statistics that a batch norm moved: both are in what was folded.</summary>
    [Fact]
    public void A_captured_pass_follows_training_and_loading()
    {
        var model = ModelRegistry.Create("cifar-resnet20", classes: 5, seed: 1);
        Shape shape = [2, 3, 16, 16];
        float[] pixels = Draw.Uniform("pixels", shape.ElementCount), logits = new float[10];
        using var images = Tensor.From<float>(shape, pixels, device);
        using var captured = model.Capture(device, shape);
        var groups = new ParameterGroups(model);
        groups.Rates(head: 0.1);
        using var optimiser = Optimiser.Sgd(groups);
        string file = Path.Combine(Directory.CreateTempSubdirectory("graft").FullName, "first.safetensors");
        model.Save(file);
        captured.Run(pixels, logits);
        float[] first = [.. logits], before = first;
        for (int step = 0; step < 3; step++)
        {
            using (var pass = Pass.Train(device, seed: 1))
                optimiser.Step(pass.Backward(model.Forward(pass.Constant(images)).CrossEntropy([1, 3])));
            captured.Run(pixels, logits);
            Check.SameBits("after a step", logits, Eager());
            Assert.NotEqual(before, logits);
            before = [.. logits];
        }
        // none but the statistics moves
        model.Freeze();
        foreach (var norm in model.Descendants().OfType<BatchNorm2d>()) norm.Policy = BatchNormPolicy.AlwaysBatchStatistics;
        using (var pass = Pass.Train(device)) model.Forward(pass.Constant(images));
        captured.Run(pixels, logits);
        Check.SameBits("after other statistics", logits, Eager());
        Assert.NotEqual(before, logits);

        using (var checkpoint = Checkpoint.Open(file)) model.Load(checkpoint);
        captured.Run(pixels, logits);
        Check.SameBits("after loading", logits, first);
        Check.SameBits("after loading, eagerly", logits, Eager());
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);

        float[] Eager()
        {
            using var pass = Pass.Infer(device);
            return model.Forward(pass.Constant(images)).Value.ToArray();
        }
    }
}
