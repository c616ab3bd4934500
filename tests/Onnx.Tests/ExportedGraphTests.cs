using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx.Tests;

/// <summary>Networks that PyTorch exported give what ONNX Runtime makes of them, are one of our models with PyTorch's keys, and learn.</summary>
public sealed class ExportedGraphTests
{
    [Theory]
    [InlineData("resnet18-narrow.onnx")]
    [InlineData("resnet18-narrow-folded.onnx")]
    [InlineData("mobilenetv2-narrow.onnx")]
    public void Images_give_the_logits_of_ONNX_Runtime(string name)
    {
        string path = Goldens.At(name);
        var images = WholeGraphTests.Numbers([3, 3, 32, 32], 1.5f);
        var inputs = new Dictionary<string, OnnxTensor> { ["images"] = images };
        OnnxRuntimeComparison.Same(path, inputs);
        WholeGraphTests.Learns(path, inputs, 1e-3f);

        using var model = OnnxImageModel.Open(path);
        using var pass = Pass.Infer(Device.Cpu);
        float[] pixels = [.. images.As<float>()];
        var logits = model.Forward(pass.Constant(pass.Upload<float>([3, 3, 32, 32], pixels)));
        Compare.Close(OnnxRuntimeComparison.Run(path, inputs)["logits"].Values, logits.Value.ToArray(), 1e-4);
        Assert.True(model.HasOwnHead);
        Assert.Equal(10, model.Classes);
        Assert.Equal(new ImageSize(32, 32), model.InputSize);
        Assert.Equal("stem", model.Stages[0].Name);
        Assert.Equal("head", model.Stages[^1].Name);
        Assert.InRange(model.Stages.Count, 5, 8);
        Assert.All(model.Stages, stage => Assert.Contains(stage.Modules, module => module.Parameters().Any()));
    }

    [Fact]
    public void A_text_encoder_gives_the_logits_of_ONNX_Runtime()
    {
        var tokens = WholeGraphTests.Tokens(3, 7, 60);
        OnnxRuntimeComparison.Same(Goldens.At("bert-narrow.onnx"), tokens);
        WholeGraphTests.Learns(Goldens.At("bert-narrow.onnx"), tokens, 1e-3f);
        using var model = OnnxModel.Open(Goldens.At("bert-narrow.onnx"));
        Assert.Contains(model.Parameters(), parameter => parameter.Name == "blocks.1.attention.query.weight" && parameter.Shape == new Shape([32, 32]));
        Assert.InRange(model.Stages.Count, 3, 8);
    }

    [Fact]
    public void Convolutions_and_norms_are_layers_of_ours_under_the_keys_of_PyTorch()
    {
        using var model = OnnxImageModel.Open(Goldens.At("resnet18-narrow.onnx"));
        Assert.Equal(20, model.Descendants().OfType<ConvNormActivation>().Count());
        Assert.Equal(20, model.Descendants().OfType<BatchNorm2d>().Count());
        var names = model.Parameters().Concat(model.Buffers()).Select(tensor => tensor.Name).ToHashSet();
        Assert.Superset(new HashSet<string> { "conv1.weight", "bn1.weight", "bn1.running_mean", "layer2.0.downsample.0.weight", "layer4.1.bn2.running_var", "fc.weight", "fc.bias" }, names);
        Assert.Equal(["stem", "stage1", "stage2", "stage3", "stage4", "head"], model.Stages.Select(stage => stage.Name));
    }

    [Fact]
    public void The_file_is_a_checkpoint_of_its_own_model()
    {
        OnnxFormat.Register();
        using var first = OnnxImageModel.Open(Goldens.At("resnet18-narrow.onnx"));
        using var folder = new TestFolder();
        first.SaveStructure(folder.At("bare.onnx"));
        using var second = OnnxImageModel.FromStructure(folder.At("bare.onnx"), 10);
        using (var checkpoint = Checkpoint.Open(Goldens.At("resnet18-narrow.onnx"))) second.Load(checkpoint);
        foreach (var (left, right) in first.Parameters().Zip(second.Parameters())) Assert.Equal(left.Value.ToArray(), right.Value.ToArray());
    }

    [Fact]
    public void A_head_is_cut_off_for_another()
    {
        using var own = OnnxImageModel.Open(Goldens.At("resnet18-narrow.onnx"));
        using var other = OnnxImageModel.Open(Goldens.At("resnet18-narrow.onnx"), new OnnxImageOptions { Classes = 4, Seed = 7 });
        Assert.False(other.HasOwnHead);
        Assert.True(other.IsHeadNew);
        Assert.Equal(4, other.Classes);
        float[] pixels = [.. WholeGraphTests.Numbers([2, 3, 32, 32], 1f).As<float>()];
        using var pass = Pass.Infer(Device.Cpu);
        var images = pass.Constant(pass.Upload<float>([2, 3, 32, 32], pixels));
        Assert.Equal(own.Features(images).Value.ToArray(), other.Features(images).Value.ToArray());
        Assert.Equal([2, 4], other.Forward(images).Shape.ToArray());
        Assert.DoesNotContain(other.Parameters(), parameter => parameter.Name.StartsWith("fc", StringComparison.Ordinal));

        using var folder = new TestFolder();
        other.SaveStructure(folder.At("model.onnx"));
        other.Save(folder.At("model.safetensors"));
        using var again = OnnxImageModel.FromStructure(folder.At("model.onnx"), 4);
        using (var checkpoint = Checkpoint.Open(folder.At("model.safetensors"))) again.Load(checkpoint);
        Assert.Equal(other.Forward(images).Value.ToArray(), again.Forward(images).Value.ToArray());
        var exception = Assert.Throws<CheckpointException>(() => OnnxImageModel.FromStructure(Structure(own, folder), 4));
        Assert.Contains("10 classes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_gives_the_gradients_of_our_own_layers_and_frozen_norms_stay()
    {
        using var model = OnnxImageModel.Open(Goldens.At("resnet18-narrow.onnx"));
        var norm = model.Descendants().OfType<BatchNorm2d>().First();
        float[] before = norm.Buffers().First().Value.ToArray();
        norm.Freeze();
        Step();
        Assert.Equal(before, norm.Buffers().First().Value.ToArray());
        norm.Unfreeze();
        Step();
        Assert.NotEqual(before, norm.Buffers().First().Value.ToArray());

        void Step()
        {
            using var pass = Pass.Train(Device.Cpu);
            float[] pixels = [.. WholeGraphTests.Numbers([4, 3, 32, 32], 1f).As<float>()];
            var loss = model.Forward(pass.Constant(pass.Upload<float>([4, 3, 32, 32], pixels))).CrossEntropy([1, 2, 3, 4]);
            _ = pass.Backward(loss);
        }
    }

    [Fact]
    public void Unknown_operators_are_named_together_before_anything_runs()
    {
        using var folder = new TestFolder();
        byte[] bytes = File.ReadAllBytes(Goldens.At("resnet18-narrow.onnx"));
        var file = Protocol.ModelProto.Parser.ParseFrom(bytes);
        file.Graph.Node[2].OpType = "Wavelet";
        file.Graph.Node[5].OpType = "Wavelet";
        file.Graph.Node[7].OpType = "Fold";
        file.Graph.Node[7].Domain = "com.example";
        File.WriteAllBytes(folder.At("odd.onnx"), Google.Protobuf.MessageExtensions.ToByteArray(file));
        var exception = Assert.Throws<CheckpointException>(() => OnnxModel.Open(folder.At("odd.onnx")));
        Assert.Contains("2 operators that are not known here: Wavelet (2 nodes), com.example.Fold (1 node)", exception.Message, StringComparison.Ordinal);
    }

    private static string Structure(OnnxImageModel model, TestFolder folder)
    {
        model.SaveStructure(folder.At("own.onnx"));
        return folder.At("own.onnx");
    }
}
