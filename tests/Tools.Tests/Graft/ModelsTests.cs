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
    public void An_unknown_command_is_one_line()
    {
        GraftLine.Run("train").AssertFailed(2, "'train'", "graft --help");
        GraftLine.Run("models", "--xml").AssertFailed(2, "'--xml'", "graft models --help");
        GraftLine.Run().AssertFailed(2, "graft --help");
    }
}
