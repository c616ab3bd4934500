using System.Text.Json;
using Graft.Testing;

namespace Graft.Tools.Tests;

public sealed class VerifyTests
{
    [Fact]
    public void Published_weights_fill_their_architecture()
    {
        var run = CommandLine.Run(
            "verify", RealData.Require("cifar-resnet/resnet20-12fca82f.th"), "--architecture", "cifar-resnet20", "--json");
        Assert.Equal(0, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal("cifar-resnet20", document.RootElement.GetProperty("architecture").GetString());
        Assert.Equal(269_722, document.RootElement.GetProperty("parameters").GetInt64());
    }

    [Fact]
    public void Weights_of_another_architecture_say_which_keys_do_not_fit()
    {
        string file = RealData.Require("cifar-resnet/resnet20-12fca82f.th");
        CommandLine.Run("verify", file, "--architecture", "cifar-resnet32").AssertFailed(2, "layer1.3.conv1.weight");
        CommandLine.Run("verify", file, "--architecture", "resnet18").AssertFailed(2, "does not fit resnet18");
    }

    [Fact]
    public void An_unknown_architecture_is_a_wrong_option()
    {
        CommandLine.Run("verify", CommandLine.Golden("make.py"), "--architecture", "resnet19").AssertFailed(2, "'resnet19' is not known, perhaps resnet18");
        CommandLine.Run("verify", CommandLine.Golden("make.py"), "--architecture", "ResNet50").AssertFailed(2, "perhaps resnet50");
        CommandLine.Run("verify", CommandLine.Golden("make.py")).AssertFailed(2, "--architecture");
    }
}
