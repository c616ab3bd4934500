using System.Diagnostics;
using Graft.Testing;

namespace Graft.Onnx.Tests;

/// <summary>Thousands of graphs that were changed somewhere: each is read as a checkpoint and as a model, or refused in one line; none crashes, hangs
/// or takes memory that its length does not justify.</summary>
public sealed class MutatedGraphTests
{
    private const long MostBytes = 300 << 20;
    private const double MostSeconds = 20;

    private static readonly int Factor = int.TryParse(Environment.GetEnvironmentVariable("GRAFT_MUTATIONS"), out int factor) && factor > 0 ? factor : 1;

    public MutatedGraphTests() => OnnxFormat.Register();

    [Theory]
    [InlineData("resnet18-narrow.onnx", 700)]
    [InlineData("mobilenetv2-narrow.onnx", 400)]
    [InlineData("bert-narrow.onnx", 700)]
    [InlineData("case", 700)]
    public void A_graph_is_read_or_refused_in_a_line(string name, int count)
    {
        byte[][] wholes = name == "case" ? [.. NodeCase.All().Where((_, at) => at % 50 == 0).Select(one => one.Model)] : [File.ReadAllBytes(Goldens.At(name))];
        var mutations = new Mutations(seed: name.Sum(letter => letter) + count);
        for (int round = 0; round < count * Factor; round++)
        {
            byte[] bytes = mutations.Of(wholes[round % wholes.Length]);
            Bounded($"{name} {round}", () =>
            {
                using var checkpoint = Checkpoint.OpenResource("mutated.onnx", bytes);
                foreach (var tensor in checkpoint.Tensors)
                {
                    _ = tensor.ToString();
                    Bounded(name, () => tensor.CopyBytesTo(Stream.Null));
                }
            });
            Bounded($"{name} {round} as a graph", () =>
            {
                using var file = OnnxFile.Open(new CheckpointFile("mutated.onnx", bytes));
                ProgramBuilder.Build(new ProgramSource(file), GraphChecker.Check(file));
            });
        }
    }

    private static void Bounded(string name, Action read)
    {
        var clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read();
        }
        catch (CheckpointException exception)
        {
            Assert.DoesNotContain(exception.Message, char.IsControl);
        }
        catch (Exception exception)
        {
            Assert.Fail($"{name}: {exception}");
        }
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < MostBytes, $"{name} took {taken} bytes");
        Assert.True(clock.Elapsed.TotalSeconds < MostSeconds, $"{name} took {clock.Elapsed.TotalSeconds:0.0} s");
    }
}
