using System.Text.Json;

namespace Graft.Tools.Tests;

/// <summary>Which weights of a file or folder the commands take, and what they say of it.</summary>
public sealed class WeightsTests(Workplace place) : IClassFixture<Workplace>
{
    private static string Layout(string name) => CommandLine.Golden(Path.Combine("layouts", name + ".pth"));

    [Fact]
    public void What_was_taken_is_a_line_and_an_object_of_the_json()
    {
        var run = GraftLine.Run("predict", Picture(), "--model", "cifar-resnet20", "--weights", Layout("timm"), "--json");
        var taken = run.AssertDone().GetProperty("weightsTaken");
        Assert.Equal("state_dict", taken.GetProperty("entry").GetString());
        Assert.Equal((97, 97), (taken.GetProperty("found").GetInt32(), taken.GetProperty("expected").GetInt32()));
        Assert.Contains("graft: timm.pth: 97 of 97 tensors found in the entry 'state_dict'; passed over: optimizer", run.Error, StringComparison.Ordinal);

        run = GraftLine.Run("predict", Picture(), "--model", "cifar-resnet20", "--weights", Layout("timm"), "--entry", "state_dict_ema", "--json");
        Assert.Equal("state_dict_ema", run.AssertDone().GetProperty("weightsTaken").GetProperty("entry").GetString());
        run = GraftLine.Run("predict", Picture(), "--model", "cifar-resnet20", "--weights", Layout("lightning"), "--prefix", "net", "--json");
        Assert.Equal("net.", run.AssertDone().GetProperty("weightsTaken").GetProperty("prefix").GetString());
        GraftLine.Run("predict", Picture(), "--model", "cifar-resnet20", "--weights", Layout("timm"), "--entry", "ema").AssertFailed(2, "no weights of cifar-resnet20 in the entry 'ema'");
        GraftLine.Run("predict", Picture(), "--model", place.Data, "--entry", "ema").AssertFailed(2, "go with --weights");
    }

    [Fact]
    public void An_encoder_without_its_head_gives_features_and_learns_and_does_not_answer()
    {
        string[] weights = ["--model", "cifar-resnet20", "--weights", Layout("mae")];
        GraftLine.Run(["predict", Picture(), .. weights]).AssertFailed(2, "its answers would mean nothing", "fine-tune it first");
        GraftLine.Run(["evaluate", "--data", place.Data, .. weights]).AssertFailed(2, "mae.pth: has no head for cifar-resnet20");

        var features = GraftLine.Run(["features", Picture(), .. weights, "--out", place.In("features.safetensors"), "--json"]);
        Assert.Equal(["linear.weight", "linear.bias"], features.AssertDone().GetProperty("weightsTaken").GetProperty("leftNew").EnumerateArray().Select(key => key.GetString()));
        Assert.Contains("left new, to be trained: linear.weight, linear.bias", features.Error, StringComparison.Ordinal);

        GraftLine.Run(["fine-tune", "--data", place.Data, "--out", place.In("learnt"), .. weights, "--epochs", "1", "--batch-size", "8", "--json"]).AssertDone();
        GraftLine.Run("predict", Picture(), "--model", place.In("learnt"), "--json").AssertDone();
    }

    [Fact]
    public void A_folder_of_weights_is_opened_and_one_of_timms_says_what_it_is_of()
    {
        string folder = place.In("hub");
        Directory.CreateDirectory(folder);
        File.Copy(place.Weights, Path.Combine(folder, "model.safetensors"));
        string[] command = ["predict", Picture(), "--model", "cifar-resnet20", "--weights", folder, "--json"];
        GraftLine.Run(command).AssertDone();

        Config("""{"architecture": "cifar-resnet20.a1_test", "num_classes": 10, "pretrained_cfg": {"input_size": [3, 32, 32], "crop_pct": 1.0, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}, "label_names": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]}""");
        string label = GraftLine.Run(command).AssertDone().GetProperty("predictions")[0].GetProperty("label").GetString()!;
        Assert.InRange(label[0], 'a', 'j');
        Assert.Equal(1, label.Length);
        Config("""{"architecture": "vit_base_patch16_224", "num_classes": 10}""");
        GraftLine.Run(command).AssertFailed(2, "config.json says that the weights are of 'vit_base_patch16_224', not of cifar-resnet20");
        Config("""{"architecture": "cifar-resnet20", "num_classes": 7}""");
        GraftLine.Run(command).AssertFailed(2, "says 7 classes, but the head in the weights has 10");
        Config("""{"architecture": "cifar-resnet20", "pretrained_cfg": {"interpolation": "lanczos"}}""");
        GraftLine.Run(command).AssertFailed(2, "'pretrained_cfg.interpolation' is 'lanczos'");
        CommandLine.Run("verify", folder, "--reference", place.Weights).AssertFailed(2, "'architecture' is 'cifar-resnet20' in the way of timm");

        void Config(string json) => File.WriteAllText(Path.Combine(folder, "config.json"), json);
    }

    [Fact]
    public void Verify_takes_any_number_of_classes_and_what_fine_tuning_saved()
    {
        ModelRegistry.Create("cifar-resnet20", classes: 7, seed: 1).Save(place.In("seven.safetensors"));
        var run = CommandLine.Run("verify", place.In("seven.safetensors"), "--architecture", "cifar-resnet20");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("97 of 97 tensors found; 269,527 parameters", run.Output, StringComparison.Ordinal);
        GraftLine.Run(place.FineTune("verified", "--epochs", "1", "--json")).AssertDone();
        Assert.Equal(0, CommandLine.Run("verify", place.In("verified"), "--architecture", "cifar-resnet20").ExitCode);
        run = CommandLine.Run("verify", Layout("mae"), "--architecture", "cifar-resnet20", "--json");
        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal(95, document.RootElement.GetProperty("weightsTaken").GetProperty("found").GetInt32());
    }

    private string Picture()
    {
        string path = place.In("picture", "0.ppm");
        Workplace.Paint(path, 50, 0);
        return path;
    }
}
