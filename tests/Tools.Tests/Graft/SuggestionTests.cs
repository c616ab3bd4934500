namespace Graft.Tools.Tests;

/// <summary>What is written nearly right is answered with what is right.</summary>
public sealed class SuggestionTests(Workplace place) : IClassFixture<Workplace>
{
    [Theory]
    [InlineData("finetune", "did you mean fine-tune?")]
    [InlineData("fine_tune", "did you mean fine-tune?")]
    [InlineData("train", "did you mean fine-tune?")]
    [InlineData("eval", "did you mean evaluate?")]
    [InlineData("feature", "did you mean features?")]
    [InlineData("model", "did you mean models?")]
    public void Commands(string given, string said)
    {
        GraftLine.Run(given).AssertFailed(2, $"'{given}'", said);
        GraftLine.Run(given, "--help").AssertFailed(2, $"'{given}'", said);
    }

    [Theory]
    [InlineData("--lr", "--learning-rate")]
    [InlineData("--learning_rate", "--learning-rate")]
    [InlineData("--bs", "--batch-size")]
    [InlineData("--wd", "--weight-decay")]
    [InlineData("--optimizer", "--optimiser")]
    [InlineData("--epoch", "--epochs")]
    [InlineData("--output", "--out")]
    [InlineData("--workers", "--threads")]
    [InlineData("--no-flip", "--augment")]
    [InlineData("--heldout", "--held-out")]
    public void Options(string given, string meant) => GraftLine.Run(place.FineTune("refused", given, "1")).AssertFailed(2, $"'{given}'", $"did you mean {meant}?");

    [Theory]
    [InlineData("--optimiser", "adamx", "sgd, nesterov, adamw, adam, rmsprop, adagrad, lamb or lion, not 'adamx' (nearest: adamw)")]
    [InlineData("--optimiser", "SGD", "(nearest: sgd)")]
    [InlineData("--strategy", "lpft", "chain-thaw or lp-ft, not 'lpft' (nearest: lp-ft)")]
    [InlineData("--frozen-norm", "affine", "running-statistics, track-statistics or train-affine, not 'affine'")]
    [InlineData("--freeze", "layr1..layer2", "--freeze layr1..layer2: ", "has no stage 'layr1' (nearest: layer1); from stem to head it has stem, layer1")]
    [InlineData("--freeze", "layer1,conv9.*", "no parameter fits 'conv9.*'")]
    [InlineData("--batch-norm", "running", "(nearest: always-running-statistics)")]
    [InlineData("--device", "cuda", "cpu or gpu, not 'cuda'")]
    [InlineData("--matrix-precision", "tf32", "highest, high or medium, not 'tf32'")]
    [InlineData("--matrix-precision", "high", "--matrix-precision high is for a GPU: add --device gpu")]
    [InlineData("--freeze-below", "layer", "(nearest: layer1)")]
    [InlineData("--freeze-below", "Head", "(nearest: head)")]
    public void Words_of_an_option(string option, string given, params string[] said) => GraftLine.Run(place.FineTune("refused", option, given)).AssertFailed(2, said);

    [Fact]
    public void Models()
    {
        GraftLine.Run("predict", place.Data, "--model", "CIFAR_ResNet20", "--weights", place.Weights).AssertFailed(2, "(nearest: cifar-resnet20)", "graft models");
        GraftLine.Run("nosuch", "--help").AssertFailed(2, "'nosuch'", "graft --help");
        Assert.Equal(0, GraftLine.Run("fine-tune", "--help").ExitCode);
        Assert.Contains("EXIF orientation", GraftLine.Run("predict", "--help").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_norm_of_one_number_is_refused_before_anything_is_learnt()
    {
        for (int i = 0; i < 9; i++) Workplace.Paint(place.In("tiny", $"{i % 3}", $"{i}.ppm"), 20 * i, i);
        string saved = place.In("tiny-model"), config = Path.Combine(saved, "preprocessor_config.json");
        using (var classifier = Graft.Tasks.ImageClassifier.FromScratch("resnet18"))
        {
            classifier.Preprocessing = classifier.Preprocessing with { ResizeShorterSide = 32, CropSize = new ImageSize(32, 32) };
            classifier.Save(saved);
        }
        string[] how = ["fine-tune", "--model", saved, "--data", place.In("tiny"), "--out", place.In("tiny-out"), "--epochs", "1", "--batch-size", "1"];
        GraftLine.Run(how).AssertFailed(2, "more than one value a channel", "--batch-size", "--batch-norm always-running-statistics");
        Assert.False(Directory.Exists(place.In("tiny-out")));
    }
}
