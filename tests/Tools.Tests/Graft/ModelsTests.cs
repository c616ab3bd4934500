namespace Graft.Tools.Tests;

public sealed class ModelsTests
{
    [Fact]
    public void Every_architecture_is_listed_with_its_facts()
    {
        var models = GraftLine.Run("models", "--json").AssertDone().GetProperty("models").EnumerateArray().ToDictionary(model => model.GetProperty("name").GetString()!);
        Assert.Equal(269_722, models["cifar-resnet20"].GetProperty("parameters").GetInt64());
        Assert.Equal(10, models["cifar-resnet20"].GetProperty("classes").GetInt32());
        Assert.Equal([32, 32], models["cifar-resnet20"].GetProperty("inputSize").EnumerateArray().Select(side => side.GetInt32()));
        Assert.Equal(11_689_512, models["resnet18"].GetProperty("parameters").GetInt64());
        Assert.Equal(
            ["stem", "layer1", "layer2", "layer3", "layer4", "head"],
            models["wide_resnet50_2"].GetProperty("stages").EnumerateArray().Select(stage => stage.GetString()));

        var table = GraftLine.Run("models");
        Assert.Equal((0, ""), (table.ExitCode, table.Error));
        Assert.Matches(@"resnext50_32x4d +25,028,904 +1,000 +224x224 +stem", table.Output);
    }

    [Fact]
    public void Published_weights_are_listed_with_their_facts()
    {
        var weights = GraftLine.Run("models", "resnet50.IMAGENET1K_V2", "--json").AssertDone().GetProperty("weights").EnumerateArray().Single();
        Assert.Equal("resnet50", weights.GetProperty("architecture").GetString());
        Assert.Equal("11ad3fa6", weights.GetProperty("sha256Prefix").GetString());
        Assert.Equal(80.858, weights.GetProperty("accuracy").GetDouble());
        Assert.Equal(232, weights.GetProperty("preprocessing").GetProperty("resizeShorterSide").GetInt32());

        var table = GraftLine.Run("models", "Resnet50");
        Assert.Matches(@"resnet50\.IMAGENET1K_V2 +resnet50 +yes +25,557,032 +1,000 +232, crop 224x224, bilinear +80\.86 +ImageNet-1K +BSD-3-Clause +11ad3fa6 +https://", table.Output);
        Assert.DoesNotContain("resnet18", table.Output, StringComparison.Ordinal);
        GraftLine.Run("models", "resnet5O").AssertFailed(2, "'resnet5O'", "(nearest: resnet50)");
    }

    [Fact]
    public void An_unknown_command_is_one_line()
    {
        GraftLine.Run("train").AssertFailed(2, "'train'", "graft --help");
        GraftLine.Run("models", "--xml").AssertFailed(2, "'--xml'", "graft models --help");
        GraftLine.Run("models", "--jsn").AssertFailed(2, "did you mean --json?");
        GraftLine.Run().AssertFailed(2, "graft --help");
    }
}
