using System.Text.Json;

namespace Graft.Models.Tests;

/// <summary>The layouts that people's training programs write (<c>Golden/layouts.py</c>): what is taken, and that it is the right numbers.</summary>
public class LayoutTests
{
    [Theory]
    [InlineData("imagenet-example", "97 of 97 tensors found in the entry 'state_dict' under the prefix 'module.'; passed over: best_acc1, optimizer (2 tensors)")]
    [InlineData("torchvision-reference", "97 of 97 tensors found in the entry 'model'; passed over: optimizer (2 tensors), model_ema (117 tensors); the entry 'model_ema' with the prefix 'module.' would fit too")]
    [InlineData("lightning", "97 of 97 tensors found in the entry 'state_dict' under the prefix 'net.'; passed over: criterion, callbacks (2 tensors), optimizer_states (2 tensors)")]
    [InlineData("torch-compile", "97 of 97 tensors found under the prefix '_orig_mod.'")]
    [InlineData("torch-compile-parallel", "97 of 97 tensors found in the entry 'model' under the prefix 'module._orig_mod.'")]
    [InlineData("timm", "97 of 97 tensors found in the entry 'state_dict'; passed over: optimizer (2 tensors), state_dict_ema (116 tensors); the entry 'state_dict_ema' would fit too")]
    [InlineData("twice", "97 of 97 tensors found in the entry 'state_dict'; passed over: best (116 tensors)")]
    [InlineData("half", "97 of 97 tensors found in the entry 'state_dict'")]
    public void The_weights_are_found_and_everything_beside_them_is_passed_over(string layout, string line)
    {
        var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        var report = Load(model, layout, new LoadOptions());
        Assert.Equal(line, report.Summary);
        Assert.Equal((97, 97), (report.Loaded, report.Expected));
        Assert.False(model.IsHeadNew);
        AssertHolds(model, factor: 1);
    }

    [Theory]
    [InlineData("torchvision-reference", "model_ema", null)]
    [InlineData("timm", "state_dict_ema", null)]
    [InlineData("timm", null, "state_dict_ema")]
    public void Averaged_weights_are_taken_when_they_are_asked_for(string layout, string? entry, string? prefix)
    {
        var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        Assert.Equal(97, Load(model, layout, new LoadOptions { Entry = entry, Prefix = prefix }).Loaded);
        AssertHolds(model, factor: 2);
    }

    [Fact]
    public void An_encoder_without_its_head_is_taken_where_the_head_may_be_new()
    {
        var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        string problem = Assert.Throws<CheckpointException>(() => Load(model, "mae", new LoadOptions())).Message;
        Assert.Contains("2 missing: linear.weight, linear.bias", problem, StringComparison.Ordinal);
        var report = Load(model, "mae", new LoadOptions { AllowMissingHead = true });
        Assert.Equal(["linear.weight", "linear.bias"], report.Replaced);
        Assert.Equal("95 of 97 tensors found in the entry 'model'; left new, to be trained: linear.weight, linear.bias; passed over: optimizer (2 tensors)", report.Summary);
        Assert.True(model.IsHeadNew);
        AssertHolds(model, factor: 1, withoutHead: true);
    }

    [Fact]
    public void Two_networks_are_told_apart_and_never_mixed()
    {
        var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        var report = Load(model, "dino", new LoadOptions { AllowMissingHead = true });
        Assert.Equal(("teacher", "backbone.", 95), (report.Entry, report.Prefix, report.Loaded));
        Assert.Contains("the entry 'student' with the prefix 'module.backbone.' would fit too", report.Summary, StringComparison.Ordinal);
        AssertHolds(model, factor: 2, withoutHead: true);
        Load(model, "dino", new LoadOptions { Entry = "student", AllowMissingHead = true });
        AssertHolds(model, factor: 1, withoutHead: true);
        Load(model, "dino", new LoadOptions { Prefix = "backbone", AllowMissingHead = true });
        AssertHolds(model, factor: 2, withoutHead: true);

        string problem = Assert.Throws<CheckpointException>(() => Load(model, "dino", new LoadOptions { Entry = "net" })).Message;
        Assert.Contains("no weights of cifar-resnet20 in the entry 'net'; what fits is the entry 'student'", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Python_beside_the_weights_is_kept_for_display()
    {
        using var checkpoint = Checkpoint.Open(At("torchvision-reference"));
        Assert.Equal(["argparse.Namespace"], checkpoint.ForeignNames);
        Assert.Equal("resnet20", checkpoint.Metadata["args.arch"]);
        Assert.Equal("89", checkpoint.Metadata["epoch"]);
        using var lightning = Checkpoint.Open(At("lightning"));
        Assert.Equal("0.1", lightning.Metadata["hyper_parameters.lr"]);
    }

    [Theory]
    [InlineData("zip", 0)]
    [InlineData("zip", 1)]
    [InlineData("zip", 2)]
    [InlineData("zip", 4)]
    [InlineData("legacy", 0)]
    [InlineData("legacy", 1)]
    [InlineData("legacy", 2)]
    [InlineData("legacy", 4)]
    public void Whatever_Python_lies_beside_the_weights_they_are_read_at_every_protocol(string format, int protocol)
    {
        using var checkpoint = Checkpoint.Open(At($"neighbours-{format}-{protocol}"));
        Assert.Equal([1f, 2f, 3f], checkpoint["weight"].ToSingleArray());
        Assert.Equal(["weight"], checkpoint.Tensors.Select(tensor => tensor.Key));
        foreach (string name in (string[])["argparse.Namespace", "pathlib.PosixPath", "datetime.datetime", "own.Colour", "own.Config", "own.EasyDict", "posix.system"])
            Assert.Contains(name, checkpoint.ForeignNames);
        Assert.Equal("resnet20", checkpoint.Metadata["args.arch"]);
        Assert.Equal("pathlib.PosixPath(runs, a)", checkpoint.Metadata["out"]);
        Assert.Equal("[1, 2]", checkpoint.Metadata["history.loss"]);
        Assert.Equal("2", checkpoint.Metadata["count.a"]);
        Assert.Equal("cat", checkpoint.Metadata["label"]);
        Assert.Equal("2", checkpoint.Metadata["easy.b.c"]);
        Assert.Equal("résumé \\ 'quoted'\nline \U0001f600", checkpoint.Metadata["text"]);
        Assert.Equal("-Infinity", checkpoint.Metadata["infinite"]);
        Assert.Equal("True", checkpoint.Metadata["truth"]);
        Assert.Equal("posix.system(touch file-it-ran)", checkpoint.Metadata["foreign"]);
        Assert.False(File.Exists("file-it-ran"), "the file was run");
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("legacy")]
    public void Tensors_of_odd_kinds_are_listed_and_refused_only_where_their_numbers_are_wanted(string format)
    {
        using var checkpoint = Checkpoint.Open(At($"odd-{format}"));
        Assert.Equal([1f, 2f, 3f], checkpoint["weight"].ToSingleArray());
        (string Key, string Line, string What)[] odd =
        [
            ("complex", "complex complex64 [3]", "of complex64"), ("sparse", "sparse float32 [3, 3]", "sparse"),
            ("quantised", "quantised qint8 [2, 2]", "quantised"), ("quantised_channels", "quantised_channels quint8 [2, 2]", "quantised"),
            ("nine_axes", "nine_axes float32 [1, 1, 1, 1, 1, 1, 1, 1, 2]", "with 9 axes"), ("meta", "meta float32 [4]", "without memory"),
        ];
        foreach (var (key, line, what) in odd)
        {
            var tensor = checkpoint[key];
            Assert.Equal((ElementType.Other, line), (tensor.ElementType, tensor.ToString()));
            foreach (Action read in (Action[])[() => tensor.ToSingleArray(), () => tensor.ToInt64Array(), () => tensor.CopyBytesTo(Stream.Null), () => tensor.CopyTo(new float[tensor.ElementCount])])
                Assert.Contains($"tensor '{key}' is {what}", Assert.Throws<CheckpointException>(read).Message, StringComparison.Ordinal);
        }
        Assert.Equal([new UnknownTensor("marked", "own.Marked")], checkpoint.UnknownTensors);
    }

    [Fact]
    public void A_whole_model_is_as_good_as_its_state_dict()
    {
        var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        Assert.Equal("97 of 97 tensors found in the entry 'model'", Load(model, "whole-model", new LoadOptions()).Summary);
        AssertHolds(model, factor: 1);
    }

    private static LoadReport Load(Model model, string layout, LoadOptions options)
    {
        using var checkpoint = Checkpoint.Open(At(layout));
        return model.Load(checkpoint, options);
    }

    /// <summary>Every number is 0 but the last of each tensor, which tells the tensors apart.</summary>
    private static void AssertHolds(Model model, float factor, bool withoutHead = false)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.At("layouts/expected.json")));
        foreach (var tensor in model.Tensors())
        {
            if (withoutHead && tensor.Name.StartsWith("linear.", StringComparison.Ordinal)) continue;
            float[] numbers = tensor.Value.ToArray();
            Assert.Equal(factor * expected.RootElement.GetProperty(tensor.Name).GetSingle(), numbers[^1]);
            Assert.All(numbers[..^1], number => Assert.Equal(0f, number));
        }
        foreach (var counter in model.Counters())
            Assert.Equal(expected.RootElement.GetProperty(counter.Name).GetInt64(), counter.Value);
    }

    private static string At(string layout) => GoldenFiles.At($"layouts/{layout}.pth");
}
