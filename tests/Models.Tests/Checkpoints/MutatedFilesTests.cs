using System.Diagnostics;
using System.Text;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>Thousands of files that were changed somewhere: each is read, or refused in one line; none crashes, hangs or takes memory that
/// its length does not justify.</summary>
public sealed class MutatedFilesTests : IDisposable
{
    private const long MostBytes = 300 << 20;
    private const double MostSeconds = 20;

    // More of them for whoever has the time: GRAFT_MUTATIONS=20 makes twenty times as many.
    private static readonly int Factor = int.TryParse(Environment.GetEnvironmentVariable("GRAFT_MUTATIONS"), out int factor) && factor > 0 ? factor : 1;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("zip-protocol2.pt", 400)]
    [InlineData("zip-protocol4.pt", 400)]
    [InlineData("script.pt", 200)]
    [InlineData("whole-module.pt", 200)]
    [InlineData("layouts/neighbours-zip-0.pth", 300)]
    [InlineData("layouts/neighbours-zip-4.pth", 300)]
    [InlineData("layouts/odd-zip.pth", 300)]
    [InlineData("layouts/torchvision-reference.pth", 200)]
    [InlineData("legacy-protocol2.pth", 300)]
    [InlineData("legacy-protocol4.pth", 300)]
    [InlineData("layouts/neighbours-legacy-1.pth", 300)]
    [InlineData("layouts/odd-legacy.pth", 300)]
    [InlineData("hostile.pkl", 200)]
    [InlineData("hostile-protocol0.pkl", 100)]
    [InlineData("safetensors", 700)]
    public void A_file_is_read_or_refused_in_a_line(string name, int count)
    {
        byte[] whole = name == "safetensors" ? MakeSafetensors() : File.ReadAllBytes(GoldenFiles.At(name));
        var mutations = new Mutations(seed: name.Sum(letter => letter) + count);
        for (int round = 0; round < count * Factor; round++)
        {
            byte[] bytes = mutations.Of(whole);
            Bounded($"{name} {round}", () =>
            {
                using var checkpoint = Checkpoint.OpenResource("mutated", bytes);
                foreach (var tensor in checkpoint.Tensors)
                {
                    _ = tensor.ToString();
                    try
                    {
                        tensor.CopyBytesTo(Stream.Null);
                    }
                    catch (CheckpointException exception)
                    {
                        AssertLine(exception);
                    }
                }
                if (name.StartsWith("layouts/torch", StringComparison.Ordinal)) ModelRegistry.Create("cifar-resnet20").Load(checkpoint);
            });
        }
    }

    [Fact]
    public void An_index_of_shards_is_read_or_refused_in_a_line()
    {
        float[] one = [1];
        SafetensorsWriter.Write(folder.At("model-00001-of-00002.safetensors"), [TensorEntry.From("a", [1], one)]);
        SafetensorsWriter.Write(folder.At("model-00002-of-00002.safetensors"), [TensorEntry.From("b", [1], one)]);
        byte[] whole = Encoding.UTF8.GetBytes(
            "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"b\":\"model-00002-of-00002.safetensors\",\"a\":\"model-00001-of-00002.safetensors\"}}");
        var mutations = new Mutations(seed: 3);
        for (int round = 0; round < 300 * Factor; round++)
        {
            string index = folder.Write("model.safetensors.index.json", mutations.Of(whole));
            Bounded($"index {round}", () =>
            {
                using var checkpoint = Checkpoint.Open(round % 2 == 0 ? index : folder.Path);
                foreach (var tensor in checkpoint.Tensors) tensor.CopyBytesTo(Stream.Null);
            });
        }
    }

    [Fact]
    public void A_config_is_read_or_refused_in_a_line()
    {
        byte[] whole = Encoding.UTF8.GetBytes("""
            {"architectures": ["BertForSequenceClassification"], "model_type": "bert", "vocab_size": 30, "hidden_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 24, "max_position_embeddings": 12, "hidden_act": "gelu", "initializer_range": 0.02,
            "layer_norm_eps": 1e-12, "pad_token_id": 0, "type_vocab_size": 2, "problem_type": "single_label_classification",
            "id2label": {"0": "no", "1": "yes"}, "tie_word_embeddings": true, "hidden_dropout_prob": 0.1}
            """);
        var mutations = new Mutations(seed: 5);
        for (int round = 0; round < 500 * Factor; round++)
        {
            byte[] bytes = mutations.Of(whole);
            Bounded($"config {round}", () => PretrainedModel.Create(HubConfig.Parse(bytes, "config.json")));
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
            AssertLine(exception);
        }
        catch (Exception exception)
        {
            Assert.Fail($"{name}: {exception}");
        }
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < MostBytes, $"{name} took {taken} bytes");
        Assert.True(clock.Elapsed.TotalSeconds < MostSeconds, $"{name} took {clock.Elapsed.TotalSeconds:0.0} s");
    }

    private static void AssertLine(CheckpointException exception) => Assert.DoesNotContain(exception.Message, char.IsControl);

    private byte[] MakeSafetensors()
    {
        string path = folder.At("whole.safetensors");
        float[] numbers = [.. Enumerable.Range(0, 24)];
        long[] count = [1];
        SafetensorsWriter.Write(path,
            [TensorEntry.From("layer.weight", [4, 6], numbers), TensorEntry.From("norm.num_batches_tracked", [], count), TensorEntry.From("empty", [0, 3], Array.Empty<float>())],
            new Dictionary<string, string> { ["format"] = "pt" });
        return File.ReadAllBytes(path);
    }
}
