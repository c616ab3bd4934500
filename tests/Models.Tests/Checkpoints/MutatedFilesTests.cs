using System.Text;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>Thousands of files that were changed somewhere: each is read, or refused in one line; none crashes, hangs or takes memory that
/// its length does not justify.</summary>
public sealed class MutatedFilesTests : IDisposable
{
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
    [InlineData("frozen.pt", 200)]
    [InlineData("safetensors", 1500)]
    [InlineData("numpy/stored.npz", 1200)]
    [InlineData("numpy/packed.npz", 1200)]
    [InlineData("numpy/columns.npy", 700)]
    [InlineData("word2vec.bin", 800)]
    [InlineData("word2vec.txt", 800)]
    [InlineData("glove.txt", 800)]
    public async Task A_file_is_read_or_refused_in_a_line(string name, int count)
    {
        byte[] whole = name switch
        {
            "safetensors" => MakeSafetensors(),
            "word2vec.bin" => [.. "8 5\n"u8, .. Enumerable.Range(0, 8).SelectMany(row => (byte[])[.. Encoding.UTF8.GetBytes($"word{row} "), .. new byte[20], (byte)'\n'])],
            "word2vec.txt" => Encoding.UTF8.GetBytes("20 5\n" + WordRows(20)),
            "glove.txt" => Encoding.UTF8.GetBytes(WordRows(20)),
            _ => await File.ReadAllBytesAsync(GoldenFiles.At(name), TestContext.Current.CancellationToken),
        };
        await Bounded.Mutated<CheckpointException>(whole, seed: name.Sum(letter => letter) + count, count, bytes =>
        {
            using var checkpoint = Checkpoint.OpenResource("mutated", bytes);
            foreach (var tensor in checkpoint.Tensors)
            {
                _ = tensor.ToString();
                Bounded.Guarded<CheckpointException>(tensor.Key, () => tensor.CopyBytesTo(Stream.Null));
            }
            if (name.StartsWith("layouts/torch", StringComparison.Ordinal)) ModelRegistry.Create("cifar-resnet20").Load(checkpoint);
            if (checkpoint.Format is "word2vec-binary" or "word2vec-text" or "glove") WordVectors.Load(checkpoint);
        });
    }

    [Fact]
    public async Task An_index_of_shards_is_read_or_refused_in_a_line()
    {
        float[] one = [1];
        SafetensorsWriter.Write(folder.At("model-00001-of-00002.safetensors"), [TensorEntry.From("a", [1], one)]);
        SafetensorsWriter.Write(folder.At("model-00002-of-00002.safetensors"), [TensorEntry.From("b", [1], one)]);
        byte[] whole = Encoding.UTF8.GetBytes(
            "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"b\":\"model-00002-of-00002.safetensors\",\"a\":\"model-00001-of-00002.safetensors\"}}");
        await Bounded.Mutated<CheckpointException>(whole, seed: 3, count: 600, bytes =>
        {
            string index = folder.Write("model.safetensors.index.json", bytes);
            using var checkpoint = Checkpoint.Open(bytes.Length % 2 == 0 ? index : folder.Path);
            foreach (var tensor in checkpoint.Tensors) tensor.CopyBytesTo(Stream.Null);
        });
    }

    [Fact]
    public async Task A_config_is_read_or_refused_in_a_line()
    {
        byte[] whole = Encoding.UTF8.GetBytes("""
            {"architectures": ["BertForSequenceClassification"], "model_type": "bert", "vocab_size": 30, "hidden_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 24, "max_position_embeddings": 12, "hidden_act": "gelu", "initializer_range": 0.02,
            "layer_norm_eps": 1e-12, "pad_token_id": 0, "type_vocab_size": 2, "problem_type": "single_label_classification",
            "id2label": {"0": "no", "1": "yes"}, "tie_word_embeddings": true, "hidden_dropout_prob": 0.1}
            """);
        await Bounded.Mutated<CheckpointException>(whole, seed: 5, count: 500, bytes => PretrainedModel.Create(HubConfig.Parse(bytes, "config.json")));
    }

    [Theory]
    [InlineData("distilbert-seqcls")]
    [InlineData("roberta-seqcls")]
    [InlineData("albert-seqcls")]
    [InlineData("electra-seqcls")]
    [InlineData("mpnet-model")]
    public async Task A_config_of_any_family_is_read_or_refused_in_a_line(string golden)
    {
        byte[] whole = File.ReadAllBytes(Testing.RealData.Require($"hf-goldens/{golden}/config.json"));
        await Bounded.Mutated<CheckpointException>(whole, seed: 6, count: 300, bytes => PretrainedModel.Create(HubConfig.Parse(bytes, "config.json")));
    }

    [Theory]
    [InlineData("modules.json")]
    [InlineData("1_Pooling/config.json")]
    [InlineData("2_Dense/config.json")]
    [InlineData("sentence_bert_config.json")]
    [InlineData("config_sentence_transformers.json")]
    public async Task What_says_how_sentences_are_pooled_is_read_or_refused_in_a_line(string mutated)
    {
        var pooling = new SentencePooling
        {
            Modes = [PoolingMode.Mean, PoolingMode.FirstToken],
            Dense = [new SentenceDense(64, 8, Autograd.Activation.Find("tanh")!)],
            Normalise = true,
            MaximumLength = 128,
            Prompts = new Dictionary<string, string> { ["query"] = "find: " },
            DefaultPrompt = "query",
        };
        pooling.Write(folder.Path, width: 32);
        Assert.Equal(
            (128, "find: ", 8, "tanh"),
            (SentencePooling.Read(folder.Path) is var read ? read.MaximumLength : 0, read.Prompts[read.DefaultPrompt!], read.Dense[0].Outputs, read.Dense[0].Activation.Name));
        Assert.Equal([PoolingMode.FirstToken, PoolingMode.Mean], read.Modes);
        Assert.True(read.Normalise);
        byte[] whole = File.ReadAllBytes(folder.At(mutated));
        await Bounded.Mutated<CheckpointException>(whole, seed: 7, count: 300, bytes =>
        {
            folder.Write(mutated, bytes);
            SentencePooling.Read(folder.Path);
        });
    }

    private static string WordRows(int count) => string.Concat(Enumerable.Range(0, count).Select(row => $"word{row} 0.{row} -1 2e-3 {row} 5\n"));

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
