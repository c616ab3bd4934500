using System.Text;
using System.Text.Json;

namespace Graft.Tasks.Tests;

public sealed class PreprocessorConfigTests
{
    [Fact]
    public void Presets_survive_a_file()
    {
        using var folder = new TemporaryFolder();
        foreach (var settings in new[]
        {
            ImagePreprocessing.ImageNet,
            ImagePreprocessing.Cifar,
            new ImagePreprocessing(),
            new ImagePreprocessing { ResizeTo = new ImageSize(30, 40), Interpolation = Interpolation.Bicubic, RescaleFactor = 1 / 127.5, Mean = new RgbValues(1, 1, 1) },
        })
        {
            string path = folder[PreprocessorConfig.FileName];
            PreprocessorConfig.Write(path, settings);
            // how training varies pictures is not part of the file
            Assert.Equal(settings with { Augmentation = TrainingAugmentation.None }, PreprocessorConfig.Read(path));
        }
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void The_file_has_Hugging_Faces_keys()
    {
        using var document = JsonDocument.Parse(PreprocessorConfig.Format(ImagePreprocessing.ImageNet));
        var root = document.RootElement;
        Assert.Equal(256, root.GetProperty("size").GetProperty("shortest_edge").GetInt32());
        Assert.Equal(224, root.GetProperty("crop_size").GetProperty("height").GetInt32());
        Assert.Equal(2, root.GetProperty("resample").GetInt32());
        Assert.Equal(1.0 / 255, root.GetProperty("rescale_factor").GetDouble());
        Assert.Equal("[0.485,0.456,0.406]", JsonSerializerText(root.GetProperty("image_mean")));
        foreach (string key in new[] { "do_resize", "do_center_crop", "do_rescale", "do_normalize" }) Assert.True(root.GetProperty(key).GetBoolean());
        Assert.Equal("BitImageProcessor", root.GetProperty("image_processor_type").GetString());
    }

    [Fact]
    public void Older_and_other_processors_are_understood()
    {
        // ResNet's, as published: ConvNeXt's processor before 4.26
        var resnet = Parse("""{"crop_pct": 0.875, "do_normalize": true, "do_resize": true, "feature_extractor_type": "ConvNextFeatureExtractor", "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 3, "size": 224}""");
        Assert.Equal(ImagePreprocessing.ImageNet with { Interpolation = Interpolation.Bicubic, Augmentation = TrainingAugmentation.None }, resnet);
        var large = Parse("""{"crop_pct": 0.875, "size": {"shortest_edge": 384}}""");
        Assert.Equal((null, new ImageSize(384, 384), null), (large.ResizeShorterSide, large.ResizeTo, large.CropSize));
        var vit = Parse("""{"do_resize": true, "size": {"height": 224, "width": 200}, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 2}""");
        Assert.Equal(new ImageSize(224, 200), vit.OutputSize);
        // a bare number is both sides to ViT's and DeiT's processors, and to any that does not crop
        var square = Parse("""{"do_resize": true, "image_processor_type": "ViTFeatureExtractor", "resample": 2, "size": 224}""");
        Assert.Equal((null, new ImageSize(224, 224), null), (square.ResizeShorterSide, square.ResizeTo, square.CropSize));
        var deit = Parse("""{"crop_size": 224, "do_center_crop": true, "feature_extractor_type": "DeiTFeatureExtractor", "resample": 3, "size": 256}""");
        Assert.Equal((null, new ImageSize(256, 256), new ImageSize(224, 224)), (deit.ResizeShorterSide, deit.ResizeTo, deit.CropSize));
        var cropped = Parse("""{"crop_size": 224, "do_center_crop": true, "size": 256}""");
        Assert.Equal((256, null, new ImageSize(224, 224)), (cropped.ResizeShorterSide, cropped.ResizeTo, cropped.CropSize));
        Assert.Equal(new ImageSize(224, 224), Parse("""{"size": 224}""").ResizeTo);
        var raw = Parse("""{"do_resize": false, "do_rescale": false, "do_normalize": false, "size": 7, "crop_size": 5}""");
        Assert.Equal(new ImagePreprocessing { CropSize = new ImageSize(5, 5), RescaleFactor = 1, Mean = default, StandardDeviation = new RgbValues(1, 1, 1) }, raw);
    }

    [Theory]
    [InlineData("""{"size": "big"}""", "'size' is \"big\", not an object")]
    [InlineData("""{"size": {"width": 3}}""", "'size' has neither 'shortest_edge' nor")]
    [InlineData("""{"size": 1.5}""", "'size' is 1.5, not a whole number")]
    [InlineData("""{"size": -4}""", "is 1 to 16384 pixels, not -4")]
    [InlineData("""{"resample": 1}""", "'resample' is 1")]
    [InlineData("""{"image_mean": [0.5]}""", "'image_mean' has 1 numbers")]
    [InlineData("""{"image_std": [1, 0, 1]}""", "standard deviation of channel 1")]
    [InlineData("""{"do_resize": 1}""", "'do_resize' is 1, not true or false")]
    [InlineData("""{"do_center_crop": true}""", "'crop_size' is missing")]
    [InlineData("""{"size": {"shortest_edge": 4}, "crop_pct": 0}""", "'crop_pct' is 0")]
    [InlineData("""[1]""", "is no JSON object")]
    [InlineData("""{"size": """, "is no JSON")]
    public void A_malformed_file_is_refused(string json, string problem)
    {
        string message = Assert.Throws<CheckpointException>(() => Parse(json)).Message;
        Assert.StartsWith("p.json: ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("there is no such file", Assert.Throws<CheckpointException>(() => PreprocessorConfig.Read("none/p.json")).Message, StringComparison.Ordinal);

    private static ImagePreprocessing Parse(string json) => PreprocessorConfig.Parse(Encoding.UTF8.GetBytes(json), "p.json");

    private static string JsonSerializerText(JsonElement element) => string.Concat(element.GetRawText().Where(character => !char.IsWhiteSpace(character)));
}
