using System.Text.Json;
using Graft.Tensors;
using Graft.Testing;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Folders of the hub are classified with, fine-tuned, saved as folders of the hub, and opened again.</summary>
public sealed class HubFolderTests : IDisposable
{
    private const string Inputs = """
        {"do_normalize": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "image_processor_type": "ViTImageProcessor", "resample": 2, "size": 32}
        """;

    private static readonly string[] Colours = ["blue", "green", "red"];

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("resnet-imgcls", "resnet", "ResNetForImageClassification")]
    [InlineData("vit-imgcls", "vit", "ViTForImageClassification")]
    [InlineData("deit-imgcls", "deit", "DeiTForImageClassification")]
    [InlineData("swin-imgcls", "swin", "SwinForImageClassification")]
    [InlineData("convnext-imgcls", "convnext", "ConvNextForImageClassification")]
    public void One_is_fine_tuned_saved_and_opened_again(string golden, string type, string architecture)
    {
        string hub = Hub(golden);
        using var classifier = ImageClassifier.From(ImageModelSource.FromFolder(hub), device);
        Assert.Equal("LABEL_4", classifier.ClassNames[4]);
        Assert.Equal(new ImageSize(32, 32), classifier.Preprocessing.ResizeTo);
        Assert.True(classifier.CanPredict);
        Assert.NotNull(classifier.Provenance);

        classifier.FineTune(Pictures.Folder(folder, "train", 4, Colours), new ImageFineTuneOptions { BatchSize = 6, Recipe = new FineTuneOptions { Epochs = 2 } });
        string saved = folder["saved/x"][..^2];
        classifier.Save(saved);

        using (var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(saved, "config.json"))))
        using (var source = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(hub, "config.json"))))
        {
            Assert.Equal((type, architecture), (config.RootElement.GetProperty("model_type").GetString(), config.RootElement.GetProperty("architectures")[0].GetString()));
            Assert.Equal("red", config.RootElement.GetProperty("id2label").GetProperty("2").GetString());
            // what makes the model is there as it was
            foreach (var member in source.RootElement.EnumerateObject().Where(member => !member.Name.Contains("label", StringComparison.Ordinal)))
                Assert.Equal(member.Value.GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal),
                    config.RootElement.GetProperty(member.Name).GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        }
        byte[] picture = Pictures.Ppm(1, 5);
        var expected = classifier.Predict(picture).Classes;
        using var loaded = ImageClassifier.Load(saved, device);
        Assert.Equal(Colours, loaded.ClassNames);
        Assert.Equal(expected, loaded.Predict(picture).Classes);
        // and as a folder of the hub
        using var again = ImageClassifier.From(ImageModelSource.FromFolder(saved), device);
        Assert.Equal(expected, again.Predict(picture).Classes);
    }

    [Fact]
    public void Pictures_of_another_size_have_the_positions_interpolated_and_are_kept_so()
    {
        string hub = Hub("vit-imgcls"), saved = folder["larger/x"][..^2];
        var larger = new ImagePreprocessing { ResizeTo = new ImageSize(48, 40) };
        using var classifier = ImageClassifier.From(ImageModelSource.FromFolder(hub, larger), device);
        Assert.Equal(new ImageSize(48, 40), classifier.Model.InputSize);
        var line = Assert.Single(classifier.WeightsReport!.Receipt!.Lines, line => line.Rule.StartsWith("positions interpolated", StringComparison.Ordinal));
        Assert.Equal(("vit.embeddings.position_embeddings", "positions interpolated from [1, 17, 32]"), (line.InModel, line.Rule));
        byte[] picture = Pictures.Ppm(1, 5);
        var expected = classifier.Predict(picture).Classes;
        classifier.Save(saved);
        using var loaded = ImageClassifier.Load(saved, device);
        Assert.Equal(expected, loaded.Predict(picture).Classes);
        using var again = ImageClassifier.From(ImageModelSource.FromFolder(saved), device);
        Assert.Equal(expected, again.Predict(picture).Classes);
    }

    [Fact]
    public void A_folder_that_would_be_fed_wrongly_is_refused()
    {
        string hub = Hub("vit-imgcls");
        Refused("'image_size' of config.json", Inputs.Replace("32", "48", StringComparison.Ordinal));
        Refused("any size", """{"do_resize": false}""");
        File.Delete(Path.Combine(hub, PreprocessorConfig.FileName));
        Assert.Contains("nothing says how pictures were prepared", Assert.Throws<CheckpointException>(() => ImageModelSource.FromFolder(hub)).Message, StringComparison.Ordinal);
        var own = new ImagePreprocessing { ResizeTo = new ImageSize(32, 32) };
        using var classifier = ImageClassifier.From(ImageModelSource.FromFolder(hub, own), device);
        Assert.Equal(own, classifier.Preprocessing);
        string config = Path.Combine(hub, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("single_label", "multi_label", StringComparison.Ordinal));
        Assert.Contains("multi_label_classification", Assert.Throws<CheckpointException>(() => ImageModelSource.FromFolder(hub, own)).Message, StringComparison.Ordinal);

        void Refused(string problem, string inputs)
        {
            File.WriteAllText(Path.Combine(hub, PreprocessorConfig.FileName), inputs);
            Assert.Contains(problem, Assert.Throws<CheckpointException>(() => ImageModelSource.FromFolder(hub)).Message, StringComparison.Ordinal);
        }
    }

    private string Hub(string golden)
    {
        string source = RealData.Require($"hf-goldens/{golden}"), hub = folder[$"{golden}/x"][..^2];
        Directory.CreateDirectory(hub);
        foreach (string file in (string[])["config.json", "model.safetensors"]) File.Copy(Path.Combine(source, file), Path.Combine(hub, file));
        File.WriteAllText(Path.Combine(hub, PreprocessorConfig.FileName), Inputs);
        return hub;
    }
}
