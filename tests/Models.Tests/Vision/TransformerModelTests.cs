using System.Text;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>Image models that a config of Hugging Face's makes, small ones with random weights.</summary>
public sealed class TransformerModelTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public static TheoryData<string, int> Configs => new()
    {
        { """{"architectures":["ViTForImageClassification"],"model_type":"vit","hidden_size":16,"num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":24,"image_size":32,"patch_size":8}""", 16 },
        { """{"architectures":["DeiTForImageClassificationWithTeacher"],"model_type":"deit","hidden_size":16,"num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":24,"image_size":32,"patch_size":8}""", 32 },
        { """{"model_type":"swin","embed_dim":8,"depths":[2,2],"num_heads":[2,4],"window_size":3,"hidden_dropout_prob":0.1}""", 16 },
        { """{"architectures":["ResNetForImageClassification"],"hidden_sizes":[8,16],"depths":[1,2],"embedding_size":8,"downsample_in_bottleneck":true}""", 16 },
        { """{"architectures":["ConvNextModel"],"hidden_sizes":[8,12],"depths":[1,2],"drop_path_rate":0.3,"patch_size":4}""", 12 },
    };

    public void Dispose() => device.Dispose();

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_model_runs_in_parts_captured_and_remade(string config, int width)
    {
        using var model = Make(config);
        using var pass = Pass.Infer(device);
        var images = Images(pass, 2);
        float[] whole = model.Forward(images).Value.ToArray();
        Assert.Equal(new Shape([2, width]), model.Features(images).Shape);
        Assert.Equal(whole, model.ForwardFrom(model.Features(images), "head").Value.ToArray());
        foreach (var (stage, next) in model.Stages.Zip(model.Stages.Skip(1)).SkipLast(1))
            Assert.Equal(whole, model.ForwardFrom(model.ForwardTo(images, stage.Name), next.Name).Value.ToArray());
        using var captured = model.Capture(device, images.Shape);
        var outputs = new float[whole.Length];
        captured.Run(images.Value.ToArray(), outputs);
        Assert.Equal(whole, outputs);

        var other = model.Remake(7, seed: 5);
        other.CopyWeightsFrom(model, includeHead: false);
        Assert.Equal(new Shape([2, 7]), other.Forward(images).Shape);
        Assert.Equal(model.Features(images).Value.ToArray(), other.Features(images).Value.ToArray());
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void Every_parameter_learns(string config, int width)
    {
        using var model = Make(config);
        Assert.True(width > 0);
        using var pass = Pass.Train(device, seed: 3);
        var gradients = pass.Backward(model.Forward(Images(pass, 3)).CrossEntropy([0, 1, 0]));
        Assert.All(model.Parameters(), parameter => Assert.NotNull(gradients.Of(parameter)));
        // what the softmax does not see, and rows of a table that no window has
        Assert.All(
            model.Parameters().Where(parameter => !parameter.Name.Contains("key.bias", StringComparison.Ordinal)),
            parameter => Assert.Contains(gradients.Of(parameter)!.ToArray(), number => number != 0));
    }

    [Theory]
    [InlineData("""{"architectures":["ViTForMaskedImageModeling"],"model_type":"vit"}""", "ViTForMaskedImageModeling, which is not built")]
    [InlineData("""{"architectures":["ViTModel"],"model_type":"deit"}""", "does not go with the architecture ViTModel")]
    [InlineData("""{"model_type":"vit","num_attention_heads":5}""", "'num_attention_heads' is 5, which does not divide the hidden size 768")]
    [InlineData("""{"model_type":"vit","image_size":8}""", "'patch_size' is 16, more than the picture of 8 x 8")]
    [InlineData("""{"model_type":"swin","use_absolute_embeddings":true}""", "'use_absolute_embeddings' is true")]
    [InlineData("""{"model_type":"swin","depths":[2,2]}""", "'num_heads' has 4 stages, but 'depths' 2")]
    [InlineData("""{"model_type":"convnext","hidden_sizes":[8]}""", "'depths' has 4 stages, but 'hidden_sizes' 1")]
    [InlineData("""{"model_type":"convnext","depths":[1,1.5,1,1]}""", "is not a list of up to 64 whole numbers")]
    public void What_is_not_built_is_named(string config, string problem) =>
        Assert.Contains(problem, Assert.Throws<CheckpointException>(() => Make(config)).Message, StringComparison.Ordinal);

    [Fact]
    public void Pictures_of_another_size_than_the_positions_are_refused()
    {
        using var model = Make(Configs.First().Data.Item1);
        using var pass = Pass.Infer(device);
        var images = pass.Constant(pass.Upload<float>([1, 3, 40, 40], new float[4800]));
        Assert.Contains("pictures of 32 x 32", Assert.Throws<ShapeException>(() => model.Forward(images)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_encoders_file_leaves_the_head_new()
    {
        string source = RealData.Require("hf-goldens/vit-imgcls");
        string folder = Directory.CreateTempSubdirectory("graft-").FullName;
        try
        {
            using (var checkpoint = Checkpoint.Open(source))
                SafetensorsWriter.Write(
                    Path.Combine(folder, "model.safetensors"),
                    checkpoint.Tensors.Where(tensor => tensor.Key.StartsWith("vit.", StringComparison.Ordinal))
                        .Select(tensor => TensorEntry.From(tensor.Key[4..], tensor.Shape, tensor.ToSingleArray()))
                        .Append(TensorEntry.From("pooler.dense.bias", [32], new float[32])));
            string config = File.ReadAllText(Path.Combine(source, "config.json"));
            File.WriteAllText(Path.Combine(folder, "config.json"), config.Replace("ViTForImageClassification", "ViTModel", StringComparison.Ordinal));
            var (model, report) = PretrainedImageModel.Open(folder);
            Assert.True(model.IsHeadNew);
            Assert.Equal("ViTForImageClassification", model.Name);
            Assert.Equal(["classifier.weight", "classifier.bias"], report.Replaced);
            using var pass = Pass.Infer(device);
            var images = Images(pass, 1);
            Assert.Equal(PretrainedImageModel.Open(source).Model.Features(images).Value.ToArray(), model.Features(images).Value.ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ImageModel Make(string config) => PretrainedImageModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(config), "config.json"), seed: 2);

    private static Variable Images(Pass pass, int count) =>
        pass.Constant(pass.Upload<float>([count, 3, 32, 32], Draw.Normal("images", count * 3 * 32 * 32)));
}
