using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>The published CIFAR weights against PyTorch's logits, loss and every gradient, on the same pixels.</summary>
public class CifarResNetTests
{
    private const string Reference = "cifar10-lossless/reference-100.safetensors";
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Deviation = [0.229f, 0.224f, 0.225f];

    [Theory]
    [InlineData("resnet20", "resnet20-12fca82f.th", 94)]
    [InlineData("resnet32", "resnet32-d509ac18.th", 92)]
    public void Logits_and_loss_are_PyTorchs(string name, string file, int correct)
    {
        using var reference = Checkpoint.Open(RealData.Require(Reference));
        var model = Published(name, file);
        using var device = new CpuDevice(2);
        using var pass = Pass.Infer(device);
        using var images = Images(reference, device);
        int[] labels = Labels(reference);

        var logits = model.Forward(pass.Constant(images));
        float[] actual = logits.Value.ToArray(), expected = reference[$"logits.{name}"].ToSingleArray();

        Assert.Equal(expected.Length, actual.Length);
        Assert.True(LargestDifference(actual, expected) <= 1e-4, $"largest difference of a logit {LargestDifference(actual, expected)}");
        Assert.Equal(correct, labels.Where((label, row) => IndexOfLargest(actual, row, 10) == label).Count());
        Assert.Equal(reference[$"loss.{name}.eval"].ToSingleArray()[0], logits.CrossEntropy(labels).Value.ToArray()[0], 1e-5f);
    }

    /// <remarks>With statistics of the batch the gradient is ill-conditioned on these images: a pre-activation within a rounding of
    /// zero switches a ReLU, and PyTorch's own single and double precision differ by up to 9.4 % of a tensor's largest entry. So in
    /// training mode that is the bound, and the direction has to agree; with stored statistics it is 1e-4.</remarks>
    [Theory]
    [InlineData("eval", 1e-4)]
    [InlineData("train", 0.1)]
    public void Every_gradient_is_PyTorchs(string mode, double tolerance)
    {
        using var reference = Checkpoint.Open(RealData.Require(Reference));
        var model = Published("resnet20", "resnet20-12fca82f.th");
        using var device = new CpuDevice(2);
        using var pass = Pass.Train(device);
        using var images = Images(reference, device);
        if (mode == "eval") foreach (var norm in model.Descendants().OfType<BatchNorm2d>()) norm.Policy = BatchNormPolicy.AlwaysRunningStatistics;

        var loss = model.Forward(pass.Constant(images)).CrossEntropy(Labels(reference));
        var gradients = pass.Backward(loss);

        Assert.Equal(reference[$"loss.resnet20.{mode}"].ToSingleArray()[0], loss.Value.ToArray()[0], 1e-5f);
        int compared = 0;
        foreach (var parameter in model.Parameters())
        {
            float[] expected = reference[$"grad.resnet20.{mode}.{parameter.Name}"].ToSingleArray();
            float[] actual = gradients.Of(parameter)!.ToArray();
            double relative = LargestDifference(actual, expected) / expected.Max(MathF.Abs);
            Assert.True(relative <= tolerance, $"{parameter.Name}: {relative} of its largest entry");
            Assert.True(Cosine(actual, expected) >= 0.995, $"{parameter.Name}: cosine {Cosine(actual, expected)}");
            compared++;
        }
        Assert.Equal(reference.Tensors.Count(tensor => tensor.Key.StartsWith($"grad.resnet20.{mode}.", StringComparison.Ordinal)), compared);
    }

    [Fact]
    public void The_same_bits_come_on_one_thread_and_on_two()
    {
        using var reference = Checkpoint.Open(RealData.Require(Reference));
        Assert.Equal(Gradient(1), Gradient(2));

        float[] Gradient(int threads)
        {
            var model = Published("resnet20", "resnet20-12fca82f.th");
            using var device = new CpuDevice(threads);
            using var pass = Pass.Train(device);
            using var images = Images(reference, device);
            var gradients = pass.Backward(model.Forward(pass.Constant(images)).CrossEntropy(Labels(reference)));
            return [.. model.Parameters().SelectMany(parameter => gradients.Of(parameter)!.ToArray())];
        }
    }

    [Fact]
    public void A_saved_model_loads_to_the_same_bits()
    {
        var model = ModelRegistry.Create("cifar-resnet20", seed: 3);
        string path = Path.Combine(Path.GetTempPath(), $"graft-{Guid.NewGuid():N}.safetensors");
        try
        {
            model.Save(path);
            using var checkpoint = Checkpoint.Open(path);
            var loaded = ModelRegistry.Create("cifar-resnet20", seed: 4);
            var report = loaded.Load(checkpoint);
            Assert.Empty(report.Replaced);
            foreach (var (left, right) in model.Tensors().Zip(loaded.Tensors())) Assert.Equal(left.Value.ToArray(), right.Value.ToArray());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_checkpoint_of_another_model_says_what_does_not_fit_and_changes_nothing()
    {
        using var checkpoint = Checkpoint.Open(RealData.Require("cifar-resnet/resnet20-12fca82f.th"));
        var model = ModelRegistry.Create("resnet18");
        var error = Assert.Throws<CheckpointException>(() => model.Load(checkpoint));
        Assert.Contains("missing", error.Message, StringComparison.Ordinal);
        Assert.Contains("does not fit resnet18", error.Message, StringComparison.Ordinal);
    }

    private static ImageModel Published(string name, string file)
    {
        var model = ModelRegistry.Create($"cifar-{name}");
        using var checkpoint = Checkpoint.Open(RealData.Require($"cifar-resnet/{file}"));
        model.Load(checkpoint);
        return model;
    }

    private static Tensor<float> Images(Checkpoint reference, Device device)
    {
        float[] pixels = reference["pixels"].ToSingleArray();
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (pixels[i] / 255f - Mean[i % 3]) / Deviation[i % 3];
        return Tensor.From<float>([100, 32, 32, 3], pixels, device).Permute(0, 3, 1, 2);
    }

    private static int[] Labels(Checkpoint reference) => [.. reference["labels"].ToInt64Array().Select(label => (int)label)];

    private static double LargestDifference(float[] actual, float[] expected) =>
        actual.Zip(expected, (left, right) => Math.Abs((double)left - right)).Max();

    private static double Cosine(float[] left, float[] right)
    {
        double dot = 0, lefts = 0, rights = 0;
        for (int i = 0; i < left.Length; i++)
        {
            dot += (double)left[i] * right[i];
            lefts += (double)left[i] * left[i];
            rights += (double)right[i] * right[i];
        }
        return dot / Math.Sqrt(lefts * rights);
    }

    private static int IndexOfLargest(float[] numbers, int row, int columns) =>
        Enumerable.Range(0, columns).MaxBy(column => numbers[row * columns + column]);
}
