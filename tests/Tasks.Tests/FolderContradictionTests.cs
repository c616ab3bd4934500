namespace Graft.Tasks.Tests;

/// <summary>A model's folder whose files were mixed is refused, with file and member named.</summary>
public sealed class FolderContradictionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string saved;

    public FolderContradictionTests()
    {
        saved = Path.Combine(folder.Path, "saved");
        using var classifier = ImageClassifier.FromScratch("cifar-resnet20");
        classifier.Save(saved);
    }

    [Fact]
    public void The_folder_as_it_was_saved_opens() => ImageClassifier.Load(saved).Dispose();

    [Theory]
    [InlineData("config.json", "\"image_size\": 32", "\"image_size\": 64", "config.json", "'image_size' is 64")]
    [InlineData("config.json", "\"model_type\": \"cifar-resnet20\"", "\"model_type\": \"cifar-resnet32\"", "model.safetensors", "does not fit cifar-resnet32")]
    [InlineData("preprocessor_config.json", "0.485", "0.5", "preprocessor_config.json", "'image_mean' comes to")]
    [InlineData("preprocessor_config.json", "\"resample\": 2", "\"resample\": 3", "preprocessor_config.json", "'resample' comes to 3, but the model was saved with 2")]
    [InlineData("preprocessor_config.json", "\"do_normalize\": true", "\"do_normalize\": false", "preprocessor_config.json", "'image_mean'")]
    public void A_member_of_another_model_is_refused(string file, string now, string then, string named, string problem)
    {
        string path = Path.Combine(saved, file), text = File.ReadAllText(path);
        Assert.Contains(now, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(now, then, StringComparison.Ordinal));
        Refused(named, problem);
    }

    [Fact]
    public void Labels_of_another_head_are_refused()
    {
        string path = Path.Combine(saved, "config.json");
        (ModelConfig.Read(path) with { Labels = ["ant", "bee"] }).Write(path);
        Refused("config.json", "'id2label' names 2 classes, but the head in model.safetensors (linear.weight) is for 10");
    }

    [Fact]
    public void A_receipt_of_another_model_is_refused()
    {
        JsonFile.Write(Path.Combine(saved, ImportReceipt.FileName), new ImportReceipt("x.pth", "pytorch-zip", "resnet18", []).Write);
        Refused("import.json", "'model' is 'resnet18', but config.json is of 'cifar-resnet20'");
    }

    public void Dispose() => folder.Dispose();

    private void Refused(string file, string problem)
    {
        string message = Assert.Throws<CheckpointException>(() => ImageClassifier.Load(saved)).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }
}
