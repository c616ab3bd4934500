using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>An architecture that a program registers is used by its name as the published ones.</summary>
public sealed class OwnModelTests
{
    private const string Name = "own-network";

    private static readonly string[] Classes = ["blue", "green"];

    static OwnModelTests() => ModelRegistry.Register(Name, new ModelRegistration(
        new PretrainedInfo(ImagePreprocessing.Cifar, 3), static (name, classes, seed) => new OwnNetwork(name, classes) { Seed = seed }));

    [Fact]
    public void It_is_fine_tuned_saved_and_loaded()
    {
        using var folder = new TemporaryFolder();
        using var device = new CpuDevice(2);
        using var classifier = ImageClassifier.FromScratch(Name, device);
        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2"], classifier.ClassNames);
        classifier.FineTune(Pictures.Folder(folder, "train", 4, Classes), new ImageFineTuneOptions { Recipe = new FineTuneOptions { Epochs = 1 } });
        classifier.Save(folder.Path);
        using var loaded = ImageClassifier.Load(folder.Path, device);
        Assert.Equal(Name, loaded.Model.Name);
        Assert.Equal(Classes, loaded.ClassNames);
        Assert.Equal(classifier.Predict(Pictures.Ppm(1, 5)).Classes, loaded.Predict(Pictures.Ppm(1, 5)).Classes);
    }

    [Fact]
    public void A_name_that_is_taken_or_empty_is_refused()
    {
        var row = new ModelRegistration(new PretrainedInfo(ImagePreprocessing.Cifar, 3), static (_, _, _) => throw new InvalidOperationException());
        Assert.Contains("'resnet18' already", Assert.Throws<ArgumentException>(() => ModelRegistry.Register("resnet18", row)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ModelRegistry.Register(Name, row));
        Assert.Throws<ArgumentException>(() => ModelRegistry.Register(" ", row));
    }

    private sealed class OwnNetwork : ImageModel
    {
        public OwnNetwork(string name, int classes) : base(name)
        {
            AddStage("stem", new Sequential(
                new Conv2d(3, 8, kernel: 3, stride: 2, padding: 1, hasBias: false), new BatchNorm2d(8), new ActivationLayer(Activation.Relu)));
            AddStage("body", new Sequential(new Conv2d(8, 16, kernel: 3, stride: 2, padding: 1), new ActivationLayer(Activation.Relu)));
            AddStage("head", new Linear(16, classes));
        }
    }
}
