namespace Graft.Tools.Tests;

public sealed class FineTuneTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void The_report_is_what_the_saved_classifier_gives_again()
    {
        var report = GraftLine.Run(place.FineTune("tuned", "--epochs", "2", "--learning-rate", "0.02", "--validation", place.Data, "--json")).AssertDone();
        Assert.Equal("cifar-resnet20", report.GetProperty("model").GetString());
        Assert.Equal(["bright", "dark"], report.GetProperty("classes").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(16, report.GetProperty("examples").GetInt32());
        Assert.Equal(["head", "stem", "stem"], report.GetProperty("epochs").EnumerateArray().Select(epoch => epoch.GetProperty("learningFrom").GetString()));
        Assert.Equal(6, report.GetProperty("steps").GetInt32());
        Assert.Equal(report.GetProperty("trainingLoss").GetDouble(), report.GetProperty("epochs")[2].GetProperty("loss").GetDouble());
        Assert.Equal(269_722 - 8 * 65, report.GetProperty("trainableParameters").GetInt64());
        Assert.False(report.GetProperty("interrupted").GetBoolean());
        Assert.Equal(place.In("tuned"), report.GetProperty("out").GetString());

        var evaluation = GraftLine.Run("evaluate", "--model", place.In("tuned"), "--data", place.Data, "--json").AssertDone();
        var validation = report.GetProperty("validation");
        foreach (string figure in new[] { "examples", "correct", "accuracy", "loss" })
            Assert.Equal(validation.GetProperty(figure).GetDouble(), evaluation.GetProperty(figure).GetDouble());

        // and it is somewhere to begin again
        var further = GraftLine.Run(
            "fine-tune", "--model", place.In("tuned"), "--data", place.Data, "--out", place.In("further"), "--epochs", "1", "--batch-size", "8", "--json").AssertDone();
        Assert.Equal(1, further.GetProperty("epochs").GetArrayLength());
    }

    [Fact]
    public void For_people_there_is_a_table_and_a_line_for_each_epoch_on_standard_error()
    {
        var run = GraftLine.Run(place.FineTune("for-people", "--epochs", "1", "--held-out", "0.25"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("held-out accuracy", run.Output, StringComparison.Ordinal);
        Assert.Contains("12 pictures of 2 classes, 6 a step, 2 steps an epoch; 4 steps in ", run.Output, StringComparison.Ordinal);
        Assert.Contains($"saved in {place.In("for-people")}", run.Output, StringComparison.Ordinal);
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("epoch 1/2 (from head up): loss ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("epoch 2/2 (from stem up): loss ", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void One_thread_and_two_give_the_same_bits()
    {
        string[] how = ["--epochs", "1", "--frozen-epochs", "0", "--clip-norm", "1", "--label-smoothing", "0.1", "--rate-decay", "2", "--json"];
        GraftLine.Run(place.FineTune("one", [.. how, "--threads", "1"])).AssertDone();
        GraftLine.Run(place.FineTune("two", [.. how, "--threads", "2"])).AssertDone();
        Assert.Equal(File.ReadAllBytes(place.In("one", "model.safetensors")), File.ReadAllBytes(place.In("two", "model.safetensors")));
        Assert.Equal(File.ReadAllText(place.In("one", "graft.json")), File.ReadAllText(place.In("two", "graft.json")));
    }

    [Fact]
    public void What_lies_below_the_named_stage_keeps_its_bytes()
    {
        var report = GraftLine.Run(place.FineTune("upper", "--epochs", "1", "--freeze-below", "layer3", "--batch-norm", "follow-freezing", "--optimiser", "adamw", "--json")).AssertDone();
        using var before = Checkpoint.Open(place.Weights);
        using var after = Checkpoint.Open(place.In("upper", "model.safetensors"));
        foreach (var tensor in before.Tensors.Where(tensor => tensor.ElementType == ElementType.Float32 && !tensor.Key.StartsWith("linear", StringComparison.Ordinal)))
        {
            Assert.True(after.TryGet(tensor.Key, out var tuned));
            bool same = tensor.ToSingleArray().AsSpan().SequenceEqual(tuned.ToSingleArray());
            Assert.True(same != tensor.Key.StartsWith("layer3", StringComparison.Ordinal) || tensor.Key.EndsWith("bias", StringComparison.Ordinal), tensor.Key);
        }
        Assert.InRange(report.GetProperty("trainableParameters").GetInt64(), 130, 250_000);
    }

    [Fact]
    public void A_strategy_has_its_phases_and_its_recipe_repeats_it()
    {
        string[] how = ["--strategy", "chain-thaw", "--head-rate-factor", "2", "--epochs", "4", "--frozen-epochs", "0", "--freeze-below", "layer2"];
        var run = GraftLine.Run(place.FineTune("thawed", how));
        Assert.True(run.ExitCode == 0, run.Error);
        string[] lines = [.. run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line[..line.IndexOf(':', StringComparison.Ordinal)])];
        Assert.Equal(["epoch 1/4 (from head up)", "epoch 2/4 (layer2 alone)", "epoch 3/4 (layer3 alone)", "epoch 4/4 (from layer2 up)"], lines);
        Assert.Contains("layer2 alone", run.Output, StringComparison.Ordinal);
        Assert.Contains("\"strategy\": \"chain-thaw\"", File.ReadAllText(place.In("thawed", "graft.json")), StringComparison.Ordinal);
        GraftLine.Run(place.FineTune("thawed-again", "--recipe", place.In("thawed"), "--json")).AssertDone();
        Assert.Equal(File.ReadAllBytes(place.In("thawed", "model.safetensors")), File.ReadAllBytes(place.In("thawed-again", "model.safetensors")));
    }

    [Fact]
    public void What_is_frozen_by_name_keeps_its_bytes_and_its_norms_learn_where_they_may()
    {
        string[] how = ["--epochs", "1", "--freeze", "stem..layer2", "--frozen-norm", "train-affine", "--frozen-dropout", "off", "--learning-rate", "0.1"];
        GraftLine.Run(place.FineTune("by-name", [.. how, "--json"])).AssertDone();
        using var before = Checkpoint.Open(place.Weights);
        using var after = Checkpoint.Open(place.In("by-name", "model.safetensors"));
        foreach (var tensor in before.Tensors.Where(tensor => tensor.ElementType == ElementType.Float32 && !tensor.Key.StartsWith("linear", StringComparison.Ordinal)))
        {
            Assert.True(after.TryGet(tensor.Key, out var tuned));
            bool learns = tensor.Key.StartsWith("layer3", StringComparison.Ordinal) || (tensor.Key.Contains("bn", StringComparison.Ordinal) && tensor.Key.EndsWith("weight", StringComparison.Ordinal));
            if (!learns && !tensor.Key.EndsWith("bias", StringComparison.Ordinal)) Assert.True(tensor.ToSingleArray().AsSpan().SequenceEqual(tuned.ToSingleArray()), tensor.Key);
            if (tensor.Key == "layer1.0.bn1.weight") Assert.False(tensor.ToSingleArray().AsSpan().SequenceEqual(tuned.ToSingleArray()), tensor.Key);
        }
        string recipe = File.ReadAllText(place.In("by-name", "graft.json"));
        Assert.Contains("\"freeze\": \"stem..layer2\"", recipe, StringComparison.Ordinal);
        Assert.Contains("\"frozen_norm\": \"train-affine\"", recipe, StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_C_saves_what_was_learnt()
    {
        var run = GraftLine.RunUntil("epoch 1/", place.FineTune("stopped", "--epochs", "5", "--json"));
        var report = run.AssertDone(exitCode: 130);
        Assert.True(report.GetProperty("interrupted").GetBoolean());
        Assert.Equal(2, report.GetProperty("steps").GetInt32());
        Assert.Contains($"graft: interrupted; what was learnt in 2 steps is saved in {place.In("stopped")}", run.Error, StringComparison.Ordinal);
        Assert.Equal(16, GraftLine.Run("evaluate", "--model", place.In("stopped"), "--data", place.Data, "--json").AssertDone().GetProperty("examples").GetInt32());
    }

    [Fact]
    public void Ctrl_C_before_the_first_step_leaves_nothing_behind()
    {
        GraftLine.Run(new CancellationToken(canceled: true), place.FineTune("never")).AssertFailed(130, "interrupted");
        Assert.False(Directory.Exists(place.In("never")));
    }

    [Fact]
    public void A_run_that_diverges_saves_what_was_learnt_before_the_bad_step()
    {
        // so large a rate that the head's weights still are numbers and its logits are not
        var run = GraftLine.Run(place.FineTune("diverged", "--epochs", "0", "--frozen-epochs", "9", "--momentum", "0", "--learning-rate", "1e38", "--json"));
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        string last = run.Error.TrimEnd('\n').Split('\n')[^1];
        Assert.Matches(@"^graft: the loss is (NaN|Infinity) in step \d+ .*: lower the learning rate.*; what was learnt in \d+ steps before is saved in ", last);
        // saved it is as far as the numbers are numbers; answers are given only where they are
        GraftLine.Run("evaluate", "--model", place.In("diverged"), "--data", place.Data, "--json").AssertFailed(1, "diverged in training");
    }

    [Fact]
    public void Weights_that_are_not_finite_are_not_saved()
    {
        var run = GraftLine.Run(place.FineTune("lost", "--epochs", "3", "--learning-rate", "1e30", "--json"));
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        string last = run.Error.TrimEnd('\n').Split('\n')[^1];
        Assert.StartsWith("graft: ", last, StringComparison.Ordinal);
        Assert.Contains("nothing was saved", last, StringComparison.Ordinal);
        Assert.Contains("lower the learning rate", last, StringComparison.Ordinal);
        Assert.False(Directory.Exists(place.In("lost")));
    }

    [Fact]
    public void From_scratch_is_asked_for_by_name()
    {
        string[] begin = ["fine-tune", "--model", "cifar-resnet20", "--data", place.Data, "--out", place.In("scratch"), "--epochs", "1", "--batch-size", "8", "--json"];
        GraftLine.Run([.. begin.Select(word => word == "cifar-resnet20" ? "googlenet_aux" : word)]).AssertFailed(2, "--weights FILE", "--from-scratch");
        Assert.False(Directory.Exists(place.In("scratch")));
        GraftLine.Run([.. begin, "--from-scratch", "--weights", place.Weights]).AssertFailed(2, "contradict");
        var report = GraftLine.Run([.. begin, "--from-scratch"]).AssertDone();
        Assert.Equal(["stem"], report.GetProperty("epochs").EnumerateArray().Select(epoch => epoch.GetProperty("learningFrom").GetString()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, report.GetProperty("weights").ValueKind);
    }

    [Theory]
    [InlineData("--epochs", "-1")]
    [InlineData("--epochs", "0")]
    [InlineData("--epochs", "many")]
    [InlineData("--epochs", "2147483647")]
    [InlineData("--learning-rate", "0")]
    [InlineData("--learning-rate", "NaN")]
    [InlineData("--learning-rate", "0,01")]
    [InlineData("--batch-size", "0")]
    [InlineData("--seed", "-1")]
    [InlineData("--threads", "0")]
    [InlineData("--momentum", "1")]
    [InlineData("--weight-decay", "-0.1")]
    [InlineData("--clip-norm", "0")]
    [InlineData("--l2-sp", "-1")]
    [InlineData("--sam-rho", "-0.1")]
    [InlineData("--ema-decay", "1")]
    [InlineData("--swa-start", "1")]
    [InlineData("--rate-decay", "0")]
    [InlineData("--label-smoothing", "0.9999999999")]
    [InlineData("--held-out", "1")]
    [InlineData("--optimiser", "lbfgs")]
    [InlineData("--batch-norm", "never")]
    [InlineData("--device", "tpu")]
    [InlineData("--freeze-below", "layer9")]
    [InlineData("--frozen-epochs", "-2")]
    public void A_bad_value_is_refused_by_its_name(string option, string value)
    {
        string name = option is "--optimiser" or "--batch-norm" or "--device" ? value : value == "2147483647" ? "fewer epochs" : option;
        GraftLine.Run(place.FineTune("refused", option, value)).AssertFailed(2, name);
        Assert.False(Directory.Exists(place.In("refused")));
    }

    [Fact]
    public void Input_that_cannot_be_used_is_said_before_any_work()
    {
        string[] With(string option, string value)
        {
            string[] args = place.FineTune("refused", "--json");
            args[Array.IndexOf(args, option) + 1] = value;
            return args;
        }

        GraftLine.Run(With("--model", "resnet19")).AssertFailed(2, "resnet19", "graft models");
        GraftLine.Run(With("--model", "resnet18")).AssertFailed(2, "does not fit resnet18");
        GraftLine.Run(With("--model", place.Data)).AssertFailed(2, "leave --weights out");
        GraftLine.Run(With("--weights", place.In("no.th"))).AssertFailed(2, "no.th");
        GraftLine.Run(With("--weights", place.In("data", "dark", "0.ppm"))).AssertFailed(2, "0.ppm");
        GraftLine.Run(With("--weights", place.Data)).AssertFailed(2, "a folder without a checkpoint");
        GraftLine.Run(With("--data", place.In("nowhere"))).AssertFailed(2, "nowhere");
        GraftLine.Run(With("--data", place.In("data", "dark"))).AssertFailed(2, "sub-folder for each class");
        GraftLine.Run(With("--data", "")).AssertFailed(2, "--data needs");
        GraftLine.Run(With("--out", place.Weights)).AssertFailed(2, "is a file");
        GraftLine.Run(With("--out", place.In("data", "model"))).AssertFailed(2, "taken for a class");
        GraftLine.Run(place.FineTune("refused", "--validation", place.In("nowhere"))).AssertFailed(2, "nowhere");
        GraftLine.Run(place.FineTune("refused", "--validation", place.Data, "--held-out", "0.1")).AssertFailed(2, "contradict");
        Assert.False(Directory.Exists(place.In("refused")));

        Directory.CreateDirectory(place.In("foreign"));
        File.WriteAllText(place.In("foreign", "config.json"), "{}");
        GraftLine.Run(place.FineTune("foreign")).AssertFailed(2, "graft did not save");
        Assert.Equal("{}", File.ReadAllText(place.In("foreign", "config.json")));

        // a first save that was killed while its files were moved: the manifest is still aside
        Directory.CreateDirectory(place.In("foreign", ".saved"));
        File.WriteAllText(place.In("foreign", ".saved", "graft.json"), "{}");
        GraftLine.Run(place.FineTune("foreign", "--epochs", "1")).AssertDoneQuietly();

        Workplace.Paint(place.In("lonely", "only", "0.ppm"), 20, 0);
        GraftLine.Run(With("--data", place.In("lonely"))).AssertFailed(2, "alone");
    }

    [Fact]
    public void A_machine_without_a_card_says_so()
    {
        var run = GraftLine.Run(place.FineTune("on-card", "--epochs", "1", "--device", "gpu", "--json"));
        if (run.ExitCode == 0) Assert.StartsWith("gpu", run.Json.GetProperty("device").GetString(), StringComparison.Ordinal);
        else run.AssertFailed(2, "card");
    }
}
