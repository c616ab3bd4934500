using Graft.Tensors;
using Graft.Testing;

namespace Graft.Onnx.Tests.Export;

/// <summary>Image models as ONNX Runtime runs them.</summary>
public sealed class ImageExportTests : IDisposable
{
    private readonly ExportFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ResNet_is_convolutions_with_folded_norms_and_an_open_batch()
    {
        using var model = ModelRegistry.Create("resnet18", classes: 10, seed: 1);
        var report = folder.Check(model, [3, 3, 64, 64]);
        Assert.Equal("pixel_values [batch, 3, 64, 64]", Assert.Single(report.Inputs));
        Assert.Equal("logits [batch, 10]", Assert.Single(report.Outputs));
        Assert.Empty(report.Notes);
        Assert.Equal(20, report.Operators["Conv"]);
        Assert.Equal(17, report.Operators["Relu"]);
        Assert.Equal(8, report.Operators["Add"]);
        Assert.Equal(1, report.Operators["Gemm"]);
        Assert.Equal(["Add", "Conv", "Gemm", "GlobalAveragePool", "MaxPool", "Relu", "Squeeze"], report.Operators.Keys);
    }

    [Fact]
    public void Published_resnet20_gives_our_logits()
    {
        using var checkpoint = Checkpoint.Open(RealData.Require("cifar-resnet/resnet20-12fca82f.th"));
        using var model = ModelRegistry.Create("cifar-resnet20");
        model.Load(checkpoint);
        folder.Check(model, [4, 3, 32, 32]);
    }

    [Theory]
    [InlineData("resnext50_32x4d", 64)]
    [InlineData("convnext_tiny", 64)]
    [InlineData("swin_t", 64)]
    [InlineData("alexnet", 64)]
    [InlineData("vgg11_bn", 32)]
    [InlineData("squeezenet1_1", 64)]
    [InlineData("mobilenet_v2", 64)]
    [InlineData("mobilenet_v3_small", 64)]
    [InlineData("densenet121", 64)]
    [InlineData("efficientnet_b0", 64)]
    [InlineData("efficientnet_v2_s", 64)]
    [InlineData("googlenet", 64)]
    [InlineData("inception_v3", 96)]
    [InlineData("regnet_y_400mf", 64)]
    public void Every_family_gives_our_logits(string name, int side)
    {
        using var model = ModelRegistry.Create(name, classes: 5, seed: 2);
        var report = folder.Check(model, [3, 3, side, side]);
        Assert.Empty(report.Notes);
    }

    [Theory]
    [InlineData("cifar-resnet20", 32)]
    [InlineData("resnet18", 64)]
    [InlineData("convnext_tiny", 64)]
    [InlineData("swin_t", 64)]
    public void A_file_of_ours_comes_back_as_a_model_and_goes_out_again(string name, int side)
    {
        using var model = ModelRegistry.Create(name, classes: 5, seed: 2);
        Shape images = [2, 3, side, side];
        OnnxExport.Write(model, images, folder.File("first.onnx"));
        using var again = OnnxImageModel.Open(folder.File("first.onnx"));
        float[] pixels = ExportFolder.Pixels(images);
        ExportFolder.Near(ExportFolder.Logits(model, images, pixels), ExportFolder.Logits(again, images, pixels), 1e-4);
        Assert.Empty(folder.Check(again, images).Notes);
    }

    [Fact]
    public void A_published_graph_is_exported_as_any_model()
    {
        string published = RealData.RequirePublished("resnet18/model.onnx");
        using var model = OnnxImageModel.Open(published);
        var report = folder.Check(model, [2, 3, 224, 224]);
        Assert.Empty(report.Notes);
        var nodes = Protocol.ModelProto.Parser.ParseFrom(File.ReadAllBytes(published)).Graph.Node;
        Assert.Equal(nodes.Count(static node => node.OpType == "Conv"), report.Operators["Conv"]);
    }

    [Theory]
    [InlineData("vit-imgcls", 32)]
    [InlineData("deit-imgcls", 32)]
    [InlineData("swin-imgcls", 32)]
    [InlineData("convnext-imgcls", 64)]
    public void The_hubs_families_give_our_logits(string name, int side)
    {
        var (model, _) = PretrainedImageModel.Open(RealData.Require($"hf-goldens/{name}"));
        using (model)
        {
            var report = folder.Check(model, [3, 3, side, side]);
            Assert.Empty(report.Notes);
        }
    }

    [Fact]
    public void A_fixed_batch_is_in_the_file()
    {
        using var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        var report = folder.Check(model, [2, 3, 32, 32], new OnnxExportOptions { HasDynamicBatch = false });
        Assert.Equal("pixel_values [2, 3, 32, 32]", Assert.Single(report.Inputs));
    }

    [Theory]
    [InlineData(18)]
    [InlineData(21)]
    public void Later_opsets_are_written_too(int opset)
    {
        using var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        folder.Check(model, [2, 3, 32, 32], new OnnxExportOptions { Opset = opset });
    }

    [Fact]
    public void External_data_lies_beside_the_file()
    {
        using var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        var report = folder.Check(model, [2, 3, 32, 32], new OnnxExportOptions { HasExternalData = true });
        Assert.Equal(["model.onnx", "model.onnx.data"], folder.Files);
        Assert.True(new FileInfo(folder.File("model.onnx")).Length < report.Bytes / 4);
    }

    [Fact]
    public void Metadata_holds_labels_and_preprocessing()
    {
        using var model = ModelRegistry.Create("cifar-resnet20", classes: 2, seed: 1);
        var options = new OnnxExportOptions
        {
            Labels = ["ant", "bee \"small\""],
            Preprocessing = ImagePreprocessing.Cifar,
            Metadata = new Dictionary<string, string> { ["licence"] = "MIT" },
        };
        OnnxExport.Write(model, [1, 3, 32, 32], folder.File("model.onnx"), options);
        using var runtime = new RuntimeModel(folder.File("model.onnx"));
        Assert.Equal("cifar-resnet20", runtime.Metadata["model"]);
        Assert.Equal("""["ant","bee \u0022small\u0022"]""", runtime.Metadata["labels"]);
        Assert.Equal("MIT", runtime.Metadata["licence"]);
        var preprocessing = PreprocessorConfig.Parse(System.Text.Encoding.UTF8.GetBytes(runtime.Metadata["preprocessor_config"]), "metadata");
        Assert.Equal(ImagePreprocessing.Cifar.Mean, preprocessing.Mean);
    }

    [Fact]
    public void An_interrupted_export_leaves_nothing()
    {
        using var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        using var interrupt = new CancellationTokenSource();
        interrupt.Cancel();
        Assert.Throws<OperationCanceledException>(() => OnnxExport.Write(model, [1, 3, 32, 32], folder.File("model.onnx"), null, interrupt.Token));
        Assert.Empty(folder.Files);
    }
}
