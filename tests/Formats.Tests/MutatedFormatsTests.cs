using Graft.Testing;

namespace Graft.Formats.Tests;

/// <summary>Thousands of Keras's and TFLite's files that were changed somewhere: read, or refused in one line.</summary>
public class MutatedFormatsTests
{
    public MutatedFormatsTests()
    {
        KerasFormat.Register();
        TensorFlowLiteFormat.Register();
    }

    [Theory]
    [InlineData("keras2.h5", 2000)]
    [InlineData("keras3.weights.h5", 1500)]
    [InlineData("keras3.keras", 800)]
    [InlineData("keras3-packed.keras", 800)]
    [InlineData("layouts.h5", 1500)]
    [InlineData("layouts-latest.h5", 1500)]
    [InlineData("small.tflite", 2500)]
    public async Task A_file_is_read_or_refused_in_a_line(string name, int count)
    {
        byte[] whole = name == "small.tflite" ? SmallModel.Build() : await File.ReadAllBytesAsync(
            Path.Combine(RealData.Repository, "tests", "Formats.Tests", "Golden", name), TestContext.Current.CancellationToken);
        await Bounded.Mutated<CheckpointException>(whole, name.Sum(letter => letter), count, bytes =>
        {
            using var checkpoint = Checkpoint.OpenResource(name, bytes);
            Read(checkpoint);
            Read(checkpoint.InPyTorchLayout);
        });
    }

    private static void Read(Checkpoint checkpoint)
    {
        foreach (var tensor in checkpoint.Tensors)
        {
            _ = tensor.ToString();
            Bounded.Guarded<CheckpointException>(tensor.Key, () => tensor.CopyBytesTo(Stream.Null));
        }
    }
}
