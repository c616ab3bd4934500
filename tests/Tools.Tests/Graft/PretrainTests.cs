namespace Graft.Tools.Tests;

public sealed class PretrainTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void A_trunk_learns_without_labels_and_is_fine_tuned()
    {
        // a folder that is not there is made, as those of models are
        string trunk = place.In("trunks", "trunk.safetensors");
        var done = GraftLine.Run(
            "pretrain", "--model", "cifar-resnet20", "--from-scratch", "--data", place.Data, "--out", trunk, "--method", "barlow-twins", "--epochs", "1", "--batch-size", "8", "--json").AssertDone();
        Assert.Equal(16, done.GetProperty("examples").GetInt32());
        Assert.Equal(2, done.GetProperty("steps").GetInt32());
        Assert.Equal(trunk, done.GetProperty("out").GetString());
        GraftLine.Run("fine-tune", "--model", "cifar-resnet20", "--weights", trunk, "--data", place.Data, "--out", place.In("tuned"), "--epochs", "1").AssertDoneQuietly();
        var told = GraftLine.Run("pretrain", "--model", "cifar-resnet20", "--weights", trunk, "--data", place.Data, "--out", trunk, "--epochs", "1", "--batch-size", "8");
        Assert.Contains("goes on with it", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_or_wrong_is_said()
    {
        string[] line = ["pretrain", "--model", "cifar-resnet20", "--out", place.In("never.safetensors")];
        GraftLine.Run([.. line, "--from-scratch", "--data", place.In("nowhere")]).AssertFailed(2, "there is no such folder");
        GraftLine.Run([.. line, "--from-scratch", "--data", place.Data, "--method", "simcl"]).AssertFailed(2, "nearest: ");
        GraftLine.Run([.. line, "--from-scratch", "--data", place.Data, "--learning-rate", "0"]).AssertFailed(2, "--learning-rate is a number above 0");
        GraftLine.Run("pretrain", "--model", "cifar-resnet20", "--from-scratch", "--data", place.Data, "--out", place.Folder).AssertFailed(2, "is a folder: give the name of a file");
        GraftLine.Run([.. line, "--from-scratch", "--data", place.Data, "--method", "masked-autoencoder"]).AssertFailed(2, "is for vision transformers");
        Assert.False(File.Exists(place.In("never.safetensors")));
    }
}
