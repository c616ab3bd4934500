using Graft.Testing;

namespace Graft.Models.Tests;

public class PublishedFilesTests
{
    [Theory]
    [InlineData("cifar-resnet/resnet20-12fca82f.th", 269_722, "91.78000183105469")]
    [InlineData("cifar-resnet/resnet32-d509ac18.th", 464_154, null)]
    public void The_CIFAR_ResNets_have_their_published_sizes(string path, long parameters, string? precision)
    {
        using var checkpoint = Checkpoint.Open(RealData.Require(path));
        Assert.Equal("pytorch-legacy", checkpoint.Format);
        Assert.Equal(parameters, checkpoint.Tensors
            .Where(tensor => !tensor.Key.Contains(".running_", StringComparison.Ordinal)).Sum(tensor => tensor.ElementCount));
        Assert.Equal("module.conv1.weight", checkpoint.Tensors[0].Key);
        Assert.Equal([16, 3, 3, 3], checkpoint.Tensors[0].Shape.ToArray());
        Assert.DoesNotContain(checkpoint.Tensors, tensor => tensor.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal));
        Assert.True(checkpoint.Metadata.ContainsKey("best_prec1"));
        if (precision is not null) Assert.Equal(precision, checkpoint.Metadata["best_prec1"]);
        foreach (var tensor in checkpoint.Tensors) Assert.All(tensor.ToSingleArray(), value => Assert.True(float.IsFinite(value)));
        Assert.All(checkpoint["module.bn1.running_var"].ToSingleArray(), value => Assert.True(value > 0));
    }

    [Fact]
    public void A_published_TorchScript_archive_gives_its_weights()
    {
        using var checkpoint = Checkpoint.Open(RealData.Require("silero-vad/silero_vad.jit"));
        Assert.Equal("torchscript", checkpoint.Format);
        var basis = checkpoint.Tensors.First(tensor => tensor.Key.EndsWith("forward_basis_buffer", StringComparison.Ordinal));
        Assert.Equal([258, 1, 256], basis.Shape.ToArray());
        Assert.All(basis.ToSingleArray(), value => Assert.InRange(value, -1.001f, 1.001f));
    }

    [Fact]
    public void Every_published_safetensors_file_opens_and_every_tensor_reads()
    {
        string[] files = Directory.GetFiles(RealData.Require("hf-goldens"), "*.safetensors", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            using var checkpoint = Checkpoint.Open(file);
            Assert.Equal("safetensors", checkpoint.Format);
            Assert.NotEmpty(checkpoint.Tensors);
            foreach (var tensor in checkpoint.Tensors) Assert.Equal(tensor.ElementCount, tensor.ToSingleArray().Length);
        }
    }

    [Theory]
    [InlineData("silero-vad/silero_vad.onnx", "ONNX")]
    [InlineData("keras-resnet8/pretrainedResnet.h5", "HDF5")]
    [InlineData("keyword-transformer/non_stream.tflite", "TensorFlow Lite")]
    [InlineData("keyword-transformer/no_1000ms.wav", "RIFF")]
    [InlineData("omniglot/all_runs.zip", "zip archive")]
    [InlineData("digits/digits.csv.gz", "gzip")]
    [InlineData("cifar10-lossless/images/cat/000.png", "PNG")]
    [InlineData("gpt2-smiles/model/config.json", "weight_map")]
    [InlineData("cifar10-lossless/images", "folder")]
    public void A_file_of_another_kind_is_named(string path, string kind)
    {
        var exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(RealData.Require(path)));
        Assert.Contains(kind, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }
}
