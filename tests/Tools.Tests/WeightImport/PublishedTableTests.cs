using System.Globalization;
using System.Text.Json;
using Graft.Testing;

namespace Graft.Tools.Tests;

/// <summary>Every checkpoint beside the repository and every published network: what inspect counts, and that convert loses nothing.</summary>
public sealed class PublishedTableTests : IDisposable
{
    private const long MostConverted = 3 << 20;

    // file, format, tensors, parameters (floating-point numbers but running statistics)
    private const string Table = """
        cifar-resnet/resnet20-12fca82f.th pytorch-legacy 97 269722
        cifar-resnet/resnet32-d509ac18.th pytorch-legacy 157 464154
        cifar10-lossless/reference-100.safetensors safetensors 126 541448
        gpt2-smiles/model/model.safetensors safetensors 52 209024
        gpt2-smiles/reference.safetensors safetensors 9 11880
        hf-goldens/albert-seqcls/model.safetensors safetensors 27 12531
        hf-goldens/albert-seqcls/reference.safetensors safetensors 40 22333
        hf-goldens/bart-s2s/model.safetensors safetensors 92 48835
        hf-goldens/bart-s2s/reference.safetensors safetensors 125 75233
        hf-goldens/bert-mlm/model.safetensors safetensors 42 22883
        hf-goldens/bert-mlm/reference.safetensors safetensors 53 33360
        hf-goldens/bert-model/model.safetensors safetensors 39 22720
        hf-goldens/bert-model/reference.safetensors safetensors 52 32129
        hf-goldens/bert-qa/model.safetensors safetensors 39 21730
        hf-goldens/bert-qa/reference.safetensors safetensors 52 28715
        hf-goldens/bert-seqcls/model.safetensors safetensors 41 22819
        hf-goldens/bert-seqcls/reference.safetensors safetensors 52 29741
        hf-goldens/bert-tokencls/model.safetensors safetensors 39 21796
        hf-goldens/bert-tokencls/reference.safetensors safetensors 50 28853
        hf-goldens/convnext-imgcls/model.safetensors safetensors 65 28901
        hf-goldens/convnext-imgcls/reference.safetensors safetensors 74 42357
        hf-goldens/deit-imgcls/model.safetensors safetensors 41 24133
        hf-goldens/deit-imgcls/reference.safetensors safetensors 50 46325
        hf-goldens/distilbert-seqcls/model.safetensors safetensors 40 22755
        hf-goldens/distilbert-seqcls/reference.safetensors safetensors 50 29677
        hf-goldens/electra-seqcls/model.safetensors safetensors 43 21075
        hf-goldens/electra-seqcls/reference.safetensors safetensors 54 27997
        hf-goldens/gpt2-lm/model.safetensors safetensors 28 29920
        hf-goldens/gpt2-lm/reference.safetensors safetensors 66 54515
        hf-goldens/llama-lm/model.safetensors safetensors 21 24928
        hf-goldens/llama-lm/reference.safetensors safetensors 59 50021
        hf-goldens/marian-mt/model.safetensors safetensors 86 46019
        hf-goldens/marian-mt/reference.safetensors safetensors 131 71835
        hf-goldens/mpnet-model/model.safetensors safetensors 39 22848
        hf-goldens/mpnet-model/reference.safetensors safetensors 51 34465
        hf-goldens/peft-ia3-bert/adapter/adapter_model.safetensors safetensors 10 419
        hf-goldens/peft-ia3-bert/base/model.safetensors safetensors 41 22819
        hf-goldens/peft-ia3-bert/reference.safetensors safetensors 34 10924
        hf-goldens/peft-lora-bert/adapter/adapter_model.safetensors safetensors 10 1123
        hf-goldens/peft-lora-bert/base/model.safetensors safetensors 41 22819
        hf-goldens/peft-lora-bert/reference.safetensors safetensors 26 5356
        hf-goldens/peft-lora-gpt2/adapter/adapter_model.safetensors safetensors 4 1024
        hf-goldens/peft-lora-gpt2/base/model.safetensors safetensors 28 29920
        hf-goldens/peft-lora-gpt2/reference.safetensors safetensors 15 21426
        hf-goldens/resnet-imgcls/model.safetensors safetensors 68 20021
        hf-goldens/resnet-imgcls/reference.safetensors safetensors 113 53418
        hf-goldens/roberta-seqcls/model.safetensors safetensors 41 22851
        hf-goldens/roberta-seqcls/reference.safetensors safetensors 51 29773
        hf-goldens/swin-imgcls/model.safetensors safetensors 83 35777
        hf-goldens/swin-imgcls/reference.safetensors safetensors 91 66513
        hf-goldens/t5-s2s/model.safetensors safetensors 47 44576
        hf-goldens/t5-s2s/reference.safetensors safetensors 89 93858
        hf-goldens/vit-imgcls/model.safetensors safetensors 40 24069
        hf-goldens/vit-imgcls/reference.safetensors safetensors 49 45133
        hf-goldens/wav2vec2-ctc/model.safetensors safetensors 49 24292
        hf-goldens/wav2vec2-ctc/reference.safetensors safetensors 58 76737
        hf-goldens/whisper-s2s/model.safetensors safetensors 89 52192
        hf-goldens/whisper-s2s/reference.safetensors safetensors 116 98605
        keras-resnet8/pretrainedResnet.h5 keras-h5 48 78186
        keras-resnet8/reference-100.safetensors safetensors 3 1000
        keyword-transformer/kwt1_golden_numpy.npz npz 8 52
        keyword-transformer/non_stream.tflite tflite 196 864797
        mnist/mnist-test-3000.npz npz 2 0
        mnist/mnist-train-9000.npz npz 2 0
        pneumonia-mnist/pneumoniamnist.npz npz 6 0
        published/arctic-xs/reference.safetensors safetensors 4 91392
        published/minilm-l6/reference.safetensors safetensors 5 94080
        published/resnet18/reference.safetensors safetensors 2 4096
        silero-vad/silero_vad.jit torchscript 32 545282
        silero-vad/silero_vad.onnx onnx 341 545286
        speech-embedding/alexa_v0.1.onnx onnx 6 213377
        speech-embedding/embedding_model.onnx onnx 42 328129
        speech-embedding/hey_rhasspy_v0.1.onnx onnx 14 50405
        speech-embedding/melspectrogram.onnx onnx 15 271401
        word-vectors/euclidean_vectors.bin word2vec-binary 1 27470
        word-vectors/high_precision.kv.bin word2vec-binary 1 4
        word-vectors/high_precision.kv.txt word2vec-text 1 4
        word-vectors/test_glove.txt glove 1 3800
        published:arctic-xs/model.safetensors safetensors 101 22565376
        published:minilm-l6/model.safetensors safetensors 103 22713216
        published:arctic-xs/model.onnx onnx 248 22565428
        published:minilm-l6/model.onnx onnx 303 22713268
        published:resnet18/model.onnx onnx 110 15908800
        published:resnet18/preprocess.onnx onnx 1 150528
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("graft-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_checkpoint_is_listed_with_its_tensors_and_parameters()
    {
        foreach (var (path, row) in Rows())
        {
            var run = CommandLine.Run("inspect", path, "--json");
            Assert.True(run.ExitCode == 0, run.Error);
            using var document = JsonDocument.Parse(run.Output);
            var root = document.RootElement;
            string found = string.Create(CultureInfo.InvariantCulture,
                $"{row.Split(' ')[0]} {root.GetProperty("format").GetString()} {root.GetProperty("tensorCount").GetInt32()} {root.GetProperty("parameters").GetInt64()}");
            Assert.Equal(row, found);
        }
    }

    [Fact]
    public void Every_checkpoint_is_converted_to_safetensors_and_to_NumPy_and_loses_nothing()
    {
        foreach (var (path, row) in Rows().Where(entry => new FileInfo(entry.Path).Length <= MostConverted))
        {
            using var source = Checkpoint.Open(path);
            if (source.Tensors.Any(tensor => tensor.ElementType == ElementType.Other)) continue;
            foreach (string name in (string[])["out.safetensors", "out.npz"])
            {
                string target = Path.Combine(folder, name);
                var run = CommandLine.Run("convert", path, "--to", target);
                Assert.True(run.ExitCode == 0, $"{row}: {run.Error}");
                using var written = Checkpoint.Open(target);
                Assert.Equal(source.Tensors.Count, written.Tensors.Count);
                foreach (var tensor in source.Tensors)
                {
                    Assert.Equal(tensor.Shape, written[tensor.Key].Shape);
                    if (tensor.ElementCount <= 100_000) Assert.Equal(tensor.ToSingleArray(), written[tensor.Key].ToSingleArray());
                }
            }
        }
    }

    [Fact]
    public void A_published_network_is_written_in_shards_and_read_again()
    {
        string source = RealData.RequirePublished("minilm-l6/model.safetensors"), target = Path.Combine(folder, "shards");
        var run = CommandLine.Run("convert", source, "--to", target, "--max-shard-size", "40MB", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal(Directory.GetFiles(target).Sum(file => new FileInfo(file).Length), document.RootElement.GetProperty("writtenBytes").GetInt64());
        Assert.Equal(5, Directory.GetFiles(target).Length);
        using var original = Checkpoint.Open(source);
        using var written = Checkpoint.Open(target);
        Assert.Equal(original.Tensors.Select(tensor => tensor.Key).Order(StringComparer.Ordinal), written.Tensors.Select(tensor => tensor.Key).Order(StringComparer.Ordinal));
        foreach (var tensor in original.Tensors.Where(tensor => tensor.ElementCount < 1_000_000)) Assert.Equal(tensor.ToSingleArray(), written[tensor.Key].ToSingleArray());
        CommandLine.Run("convert", target, "--to", target, "--max-shard-size", "20MB").AssertFailed(2, "overwrite its own source");
    }

    private static List<(string Path, string Row)> Rows() => [.. Table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(row =>
    {
        const string Published = "published:";
        string file = row.Split(' ')[0];
        return (file.StartsWith(Published, StringComparison.Ordinal) ? RealData.RequirePublished(file[Published.Length..]) : RealData.Require(file), row);
    })];
}
