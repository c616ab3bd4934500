using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>Planted faults of an import show at the very layer.</summary>
public class StatisticsCheckTests
{
    private const string First = "layer2.1.conv1.weight", Second = "layer2.2.conv1.weight", Behind = "layer2.1.bn1";

    [Fact]
    public void Published_weights_fit_the_pictures_of_their_test_set()
    {
        var report = Check(static _ => { });
        Assert.Equal(100, report.Pictures);
        Assert.Equal(19, report.Layers.Count);
        Assert.Null(report.FirstThatDoesNotFit);
        Assert.All(report.Layers, layer => Assert.True(layer.Correlation >= 0.9, $"{layer}"));
    }

    [Fact]
    public void A_convolution_left_random_shows_at_the_norm_behind_it()
    {
        var report = Check(static weights =>
        {
            var numbers = new float[weights[First].Shape.ElementCount];
            var random = new RandomStream(seed: 1, "planted");
            for (int i = 0; i < numbers.Length; i++) numbers[i] = 0.1f * (random.Uniform((ulong)i) - 0.5f);
            weights[First].CopyFrom(numbers);
        });
        Assert.Equal(Behind, report.FirstThatDoesNotFit?.Layer);
        Assert.InRange(report.FirstThatDoesNotFit!.Correlation, -0.5, 0.5);
    }

    [Fact]
    public void Two_tensors_of_one_shape_that_were_swapped_show_at_the_first_of_them()
    {
        var report = Check(static weights =>
        {
            float[] first = weights[First].ToArray(), second = weights[Second].ToArray();
            weights[First].CopyFrom(second);
            weights[Second].CopyFrom(first);
        });
        Assert.Equal(Behind, report.FirstThatDoesNotFit?.Layer);
        Assert.InRange(report.FirstThatDoesNotFit!.Correlation, -0.3, 0.3);
    }

    [Fact]
    public void Pictures_that_were_not_normalised_show_at_the_first_norm()
    {
        var report = Check(static _ => { }, normalise: false);
        Assert.Equal("bn1", report.FirstThatDoesNotFit?.Layer);
        Assert.True(report.Layers[0].Spread > 10, $"{report.Layers[0]}");
    }

    [Theory]
    [InlineData(0.99, 1.1, true, false)]
    [InlineData(0.5, 1.3, false, true)]      // the last norm of a network of ImageNet on pictures of ants and bees
    [InlineData(0.1, 1.3, false, false)]     // a random or a swapped convolution
    [InlineData(0.99, 20, false, false)]     // pictures that were not normalised
    public void Other_pictures_are_told_from_other_weights(double correlation, double spread, bool fits, bool drifts)
    {
        var norm = new NormFit("bn1", Mean: correlation, Variance: correlation, Shift: 0.1, spread);
        Assert.Equal((fits, drifts), (norm.Fits, norm.Drifts));
        var report = new StatisticsReport(1, [norm]);
        Assert.Equal((!fits && !drifts, drifts), (report.FirstThatDoesNotFit is not null, report.FirstThatDrifts is not null));
    }

    [Fact]
    public void The_check_leaves_the_model_as_it_was()
    {
        float[]? before = null;
        Check(weights => before = weights["bn1.running_mean"].ToArray(), after: weights => Assert.Equal(before, weights["bn1.running_mean"].ToArray()));
    }

    [Fact]
    public void Without_a_picture_or_a_norm_there_is_nothing_to_compare()
    {
        Assert.Contains("no picture", Assert.Throws<ArgumentException>(() => StatisticsCheck.Run(ModelRegistry.Create("cifar-resnet20"), [], Device.Cpu)).Message, StringComparison.Ordinal);
        Assert.Contains("no batch norm", Assert.Throws<ArgumentException>(() => StatisticsCheck.Run(new Bare(), [], Device.Cpu)).Message, StringComparison.Ordinal);
    }

    private static StatisticsReport Check(
        Action<Dictionary<string, Tensor<float>>> plant, bool normalise = true, Action<Dictionary<string, Tensor<float>>>? after = null)
    {
        using var model = ModelRegistry.Create("cifar-resnet20");
        using (var checkpoint = Checkpoint.Open(RealData.Require("cifar-resnet/resnet20-12fca82f.th"))) model.Load(checkpoint);
        using var images = Images(normalise);
        var weights = model.Parameters().Concat(model.Buffers()).ToDictionary(tensor => tensor.Name, tensor => tensor.Value);
        model.ChangeWeights(() => plant(weights));
        var report = StatisticsCheck.Run(model, [images], Device.Cpu);
        after?.Invoke(weights);
        return report;
    }

    private static Tensor<float> Images(bool normalise)
    {
        using var reference = Checkpoint.Open(RealData.Require("cifar10-lossless/reference-100.safetensors"));
        var stored = reference["pixels"];
        var pixels = new byte[stored.ByteCount];
        stored.CopyBytesTo(pixels);
        float[] mean = [0.485f, 0.456f, 0.406f], deviation = [0.229f, 0.224f, 0.225f];
        const int Plane = 32 * 32;
        var values = new float[pixels.Length];
        for (int at = 0; at < pixels.Length; at++)
        {
            int channel = at % 3, pixel = at / 3;
            float scaled = pixels[at] / 255f;
            values[(pixel / Plane * 3 + channel) * Plane + pixel % Plane] = normalise ? (scaled - mean[channel]) / deviation[channel] : scaled;
        }
        return Tensor.From<float>([pixels.Length / (3 * Plane), 3, 32, 32], values);
    }

    private sealed class Bare : ImageModel
    {
        public Bare() : base("bare")
        {
            AddStage("stem", new Conv2d(3, 4, 3));
            AddStage("head", new Linear(4, 2));
        }
    }
}
