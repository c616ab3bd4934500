namespace Graft.Models.Tests;

/// <summary>What a model takes of a file and what it refuses; a refused load has changed nothing.</summary>
public sealed class LoadTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("linear.bias", 3, float.NaN, "linear.bias (1 of 10 not finite)")]
    [InlineData("conv1.weight", 0, float.PositiveInfinity, "conv1.weight (1 of 432 not finite)")]
    [InlineData("bn1.running_mean", 15, float.NegativeInfinity, "bn1.running_mean (1 of 16 not finite)")]
    [InlineData("bn1.running_var", 1, -1e-9f, "bn1.running_var (1 of 16 below 0, and it is a variance)")]
    public void Numbers_that_no_trained_model_has_are_named(string key, int place, float number, string reason)
    {
        string file = Save(tensors => tensors[key].Numbers[place] = number);
        var model = ModelRegistry.Create("cifar-resnet20", seed: 2);
        var before = Numbers(model);
        Assert.Contains(reason, Refused(model, file), StringComparison.Ordinal);
        Assert.Equal(before, Numbers(model));

        var report = Load(model, file, new LoadOptions { AllowNonFinite = true });
        Assert.Equal([reason], report.NonFinite);
        Assert.Contains(reason, report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_such_tensors_are_counted()
    {
        string file = Save(tensors =>
        {
            foreach (var (key, tensor) in tensors)
                if (key.EndsWith("running_var", StringComparison.Ordinal)) tensor.Numbers[0] = -1;
        });
        string problem = Refused(ModelRegistry.Create("cifar-resnet20"), file);
        Assert.Contains("19 of 97 tensors", problem, StringComparison.Ordinal);
        Assert.Contains(" and 9 more; ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_nobody_has_used_is_not_half_filled_either()
    {
        string file = Save(tensors => tensors["linear.bias"].Numbers[0] = float.NaN);
        var model = ModelRegistry.Create("cifar-resnet20", seed: 2);
        Refused(model, file);
        Assert.All(model.Tensors(), tensor => Assert.False(tensor.IsMade));
        Assert.Equal(Numbers(ModelRegistry.Create("cifar-resnet20", seed: 2)), Numbers(model));
    }

    [Fact]
    public void A_counter_is_one_whole_number_of_any_type()
    {
        Assert.Equal(5, Counted(TensorEntry.From(Counter, [], (float[])[5f])));
        Assert.Equal(7, Counted(TensorEntry.From(Counter, [1, 1], (long[])[7L])));
        foreach (var (entry, reason) in ((TensorEntry, string)[])
        [
            (TensorEntry.From(Counter, [0], Array.Empty<long>()), "has 0 elements [0]"),
            (TensorEntry.From(Counter, [2], (long[])[1L, 2L]), "has 2 elements [2]"),
            (TensorEntry.From(Counter, [], (float[])[2.5f]), "is no whole number from 0"),
            (TensorEntry.From(Counter, [], (float[])[float.NaN]), "is no whole number from 0"),
            (TensorEntry.From(Counter, [], (float[])[1e30f]), "is no whole number from 0"),
            (TensorEntry.From(Counter, [], (long[])[-1L]), "is no whole number from 0"),
        ])
            Assert.Contains($"1 counters are not one whole number: {Counter} {reason}",
                Refused(ModelRegistry.Create("cifar-resnet20"), Save(_ => { }, entry)), StringComparison.Ordinal);

        long Counted(TensorEntry entry)
        {
            var model = ModelRegistry.Create("cifar-resnet20");
            Load(model, Save(_ => { }, entry), new LoadOptions());
            return model.Counters().First().Value;
        }
    }

    [Fact]
    public void Half_of_the_names_under_a_prefix_are_no_model()
    {
        int at = 0;
        string file = Save(_ => { }, rename: key => at++ % 2 == 0 ? key : "model." + key);
        string problem = Refused(ModelRegistry.Create("cifar-resnet20"), file);
        Assert.Contains("missing: ", problem, StringComparison.Ordinal);
        Assert.Contains(" more", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_with_control_characters_are_escaped()
    {
        string file = Save(_ => { }, TensorEntry.From("evil\x1b[31m\n.weight", [2], (float[])[1f, 2f]));
        string problem = Refused(ModelRegistry.Create("cifar-resnet20"), file);
        Assert.Contains("1 unexpected: evil\\u001b[31m\\u000a.weight", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(problem, char.IsControl);
    }

    [Fact]
    public void Nothing_is_no_checkpoint()
    {
        var model = ModelRegistry.Create("cifar-resnet20");
        Assert.Throws<ArgumentNullException>(() => model.Load(null!));
        using var checkpoint = Checkpoint.Open(Save(_ => { }));
        Assert.Throws<ArgumentNullException>(() => model.Load(checkpoint, null!));
    }

    [Fact]
    public void A_name_of_an_architecture_that_is_nearly_right_is_told()
    {
        Assert.Contains("perhaps resnet18;", Assert.Throws<ArgumentException>(() => ModelRegistry.Create("ResNet18")).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("perhaps", Assert.Throws<ArgumentException>(() => ModelRegistry.Create("vit_base_patch16_224")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_encoder_without_its_pooler_is_taken_where_the_head_may_be_missing()
    {
        var saved = new EncoderModel(Berts.Small) { Seed = 1 };
        SafetensorsWriter.Write(folder.At("bare"), saved.Tensors()
            .Where(tensor => !tensor.Name.StartsWith("pooler.", StringComparison.Ordinal)).Select(tensor => TensorEntry.From("0.auto_model." + tensor.Name, tensor.Value)));
        var report = Load(new EncoderModel(Berts.Small), folder.At("bare"), new LoadOptions { AllowMissingHead = true });
        Assert.Equal(["pooler.dense.weight", "pooler.dense.bias"], report.Replaced);
        Assert.Equal("0.auto_model.", report.Prefix);
        Assert.Contains("pooler.dense.weight", Refused(new EncoderModel(Berts.Small), folder.At("bare")), StringComparison.Ordinal);
    }

    private const string Counter = "bn1.num_batches_tracked";

    private string Save(Action<Dictionary<string, (Graft.Tensors.Shape Shape, float[] Numbers)>> change, TensorEntry? more = null, Func<string, string>? rename = null)
    {
        var tensors = ModelRegistry.Create("cifar-resnet20", seed: 1).Tensors().ToDictionary(tensor => tensor.Name, tensor => (tensor.Shape, Numbers: tensor.Value.ToArray()));
        change(tensors);
        string file = folder.At($"{Guid.NewGuid():N}.safetensors");
        var entries = tensors.Select(tensor => TensorEntry.From(rename?.Invoke(tensor.Key) ?? tensor.Key, tensor.Value.Shape, tensor.Value.Numbers));
        SafetensorsWriter.Write(file, more is null ? entries : entries.Append(more));
        return file;
    }

    private static List<float[]> Numbers(Model model) => [.. model.Tensors().Select(tensor => tensor.Value.ToArray())];

    private static LoadReport Load(Model model, string file, LoadOptions options)
    {
        using var checkpoint = Checkpoint.Open(file);
        return model.Load(checkpoint, options);
    }

    private static string Refused(Model model, string file) =>
        Assert.Throws<CheckpointException>(() => Load(model, file, new LoadOptions())).Message;
}
