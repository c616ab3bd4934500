using System.Text;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

/// <summary>Stages, ranges and keys that are frozen by name, and the policies of norms and dropout in them.</summary>
public sealed class FrozenPartsTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData("layer1..layer3", "layer1 layer2 layer3")]
    [InlineData("..layer1", "stem layer1")]
    [InlineData("layer4..", "layer4 head")]
    [InlineData("stem..stem", "stem")]
    [InlineData("stem, head", "stem head")]
    [InlineData("..", "stem layer1 layer2 layer3 layer4 head")]
    [InlineData("head", "head")]
    public void Stages_and_ranges_of_them(string pattern, string stages)
    {
        var model = ModelRegistry.Create("resnet18", classes: 5);
        string[] expected = [.. model.Stages.Where(stage => stages.Split(' ').Contains(stage.Name)).SelectMany(stage => stage.Modules).SelectMany(module => module.Parameters()).Select(one => one.Name)];
        Assert.Equal(expected, model.ParametersOf(pattern).Select(one => one.Name));
        Assert.Equal(expected.Length, model.Freeze(pattern));
        Assert.Equal(expected, model.Parameters().Where(one => one.IsFrozen).Select(one => one.Name));
        Assert.Equal(expected.Length, model.Unfreeze(pattern));
        Assert.DoesNotContain(model.Parameters(), one => one.IsFrozen);
    }

    [Theory]
    [InlineData("layer1..layr3", "resnet18 has no stage 'layr3' (nearest: layer3); from stem to head it has stem, layer1, layer2, layer3, layer4, head")]
    [InlineData("layer3..layer1", "'layer3..layer1' is no range: resnet18 has 'layer1' before 'layer3', from stem to head stem, layer1, layer2, layer3, layer4, head")]
    [InlineData("stem,,head", "a choice of parameters is empty")]
    [InlineData("stem,layer9", "no parameter fits 'layer9'; the nearest is 'layer1'")]
    public void A_choice_that_names_nothing_is_refused_and_nothing_is_frozen(string pattern, string said)
    {
        var model = ModelRegistry.Create("resnet18", classes: 5);
        Assert.StartsWith(said, Assert.Throws<ArgumentException>(() => model.Freeze(pattern)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(model.Parameters(), one => one.IsFrozen);
    }

    [Fact]
    public void Norms_within_what_is_frozen_do_what_the_policy_says_until_it_is_let_go()
    {
        var model = ModelRegistry.Create("resnet18", classes: 5);
        BatchNorm2d[] norms = [.. model.Stages[1].Modules.SelectMany(module => module.Descendants()).OfType<BatchNorm2d>()];
        var other = model.Stages[2].Modules.SelectMany(module => module.Descendants()).OfType<BatchNorm2d>().First();
        Assert.Equal(4, norms.Length);

        model.Freeze("layer1", FrozenNormPolicy.TrackStatistics);
        Assert.All(norms, norm => Assert.True(norm.TracksStatistics && norm.IsFrozen));
        model.Freeze("layer1", FrozenNormPolicy.RunningStatistics);
        foreach (var norm in norms) norm.Policy = BatchNormPolicy.AlwaysBatchStatistics;
        Assert.All(norms, norm => Assert.False(norm.TracksStatistics));
        model.Freeze("layer1", FrozenNormPolicy.TrainAffine);
        Assert.All(norms, norm => Assert.True(!norm.TracksStatistics && norm.Parameters().All(one => !one.IsFrozen)));
        Assert.Equal(4, model.Parameters().Count(one => one.IsFrozen));
        Assert.True(other.TracksStatistics);
        model.Unfreeze("layer1");
        Assert.All(norms, norm => Assert.True(norm.TracksStatistics && norm.FrozenPolicy is null));
    }

    [Fact]
    public void The_norms_of_a_text_encoder_learn_alone()
    {
        var model = Encoder(0);
        model.Freeze("..", FrozenNormPolicy.TrainAffine);
        string[] learning = [.. model.Parameters().Where(one => !one.IsFrozen).Select(one => one.Name)];
        Assert.NotEmpty(learning);
        Assert.All(learning, static name => Assert.Contains("LayerNorm", name, StringComparison.Ordinal));
    }

    [Fact]
    public void Dropout_in_what_is_frozen_draws_nothing_where_the_policy_says_so()
    {
        var model = Encoder(0.5f);
        IStochasticLayer[] all = [.. model.Descendants().OfType<IStochasticLayer>()];
        Assert.True(all.Length > 3);
        string first = model.Stages[0].Name;
        model.Freeze(first, dropout: FrozenDropoutPolicy.Off);
        int silent = all.Count(static layer => layer.IsSilenced);
        Assert.InRange(silent, 1, all.Length - 1);
        model.ApplyFrozenPolicies(null, FrozenDropoutPolicy.Off);
        Assert.Equal(silent, all.Count(static layer => layer.IsSilenced));
        foreach (var parameter in model.Parameters()) parameter.IsBelowFrontier = true;
        model.ApplyFrozenPolicies(null, FrozenDropoutPolicy.Off);
        Assert.All(all, static layer => Assert.True(layer.IsSilenced));
        foreach (var parameter in model.Parameters()) parameter.IsBelowFrontier = false;
        model.ApplyFrozenPolicies(null, null);
        Assert.Equal(silent, all.Count(static layer => layer.IsSilenced));
        model.Unfreeze();
        Assert.All(all, static layer => Assert.False(layer.IsSilenced));

        var dropout = new Dropout(0.5f) { IsSilenced = true };
        using var x = Tensor.From<float>([4], [1f, 2f, 3f, 4f], device);
        using var pass = Pass.Train(device);
        Assert.Equal([1f, 2f, 3f, 4f], dropout.Forward(pass.Constant(x)).Value.ToArray());
        dropout.IsSilenced = false;
        Assert.NotEqual([1f, 2f, 3f, 4f], dropout.Forward(pass.Constant(x)).Value.ToArray());
    }

    [Fact]
    public void The_contract_names_the_first_tensor_that_moved()
    {
        var model = ModelRegistry.Create("cifar-resnet20");
        model.Freeze("stem..layer2");
        using var watch = FrozenWeights.Watch(model);
        int frozen = model.Parameters().Count(static one => one.IsFrozen);
        // mean, variance and the count of batches of each frozen norm
        Assert.Equal(frozen + 3 * model.Descendants().OfType<BatchNorm2d>().Count(static norm => norm.IsFrozen), watch.Count);
        watch.Check("in epoch 1");

        var moved = model.Parameters().Where(static one => one.IsFrozen).Skip(4).First();
        float before = moved.Value.ToArray()[0];
        moved.Fill(static numbers => numbers[0] = MathF.BitIncrement(numbers[0]));
        var error = Assert.Throws<FrozenWeightsException>(() => watch.Check("in epoch 2"));
        Assert.Equal(moved.Name, error.Tensor);
        Assert.StartsWith($"'{moved.Name}' of cifar-resnet20 is frozen and changed in epoch 2: ", error.Message, StringComparison.Ordinal);
        moved.Fill(numbers => numbers[0] = before);
        watch.Check("in epoch 3");

        var norm = model.Descendants().OfType<BatchNorm2d>().First();
        norm.Buffers().Last().Fill(static numbers => numbers[^1] += 1);
        Assert.Equal($"{norm.Key}.running_var", Assert.Throws<FrozenWeightsException>(() => watch.Check("then")).Tensor);
        norm.Policy = BatchNormPolicy.AlwaysBatchStatistics;
        watch.Check("then");

        // what learns may move, what is let go too
        model.Parameters().Last().Fill(static numbers => numbers.Clear());
        moved.IsFrozen = false;
        moved.Fill(static numbers => numbers.Clear());
        watch.Renew();
        watch.Check("then");
    }

    [Fact]
    public void A_model_is_not_saved_whose_frozen_weights_were_written_to_since_its_training()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("model.safetensors");
        var model = ModelRegistry.Create("cifar-resnet20");
        model.Freeze("stem");
        using (FrozenWeights.Watch(model)) model.Save(path);
        model.Save(path);
        model.Parameters().First().Value.CopyFrom(new float[model.Parameters().First().Shape.ElementCount]);
        Assert.Contains("changed before the model was saved", Assert.Throws<FrozenWeightsException>(() => model.Save(path)).Message, StringComparison.Ordinal);
        // who changes weights in the open takes the contract back
        model.ChangeWeights(static () => { });
        model.Save(path);
    }

    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    public void The_hash_has_the_published_values(string text, ulong expected) => Assert.Equal(expected, NumberHash.Of(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void The_hash_sees_every_bit_and_every_place()
    {
        float[] numbers = new float[1000];
        new RandomStream(3, "hash").FillNormal(numbers, 0, 1);
        var seen = new HashSet<ulong> { NumberHash.Of(numbers.AsSpan()) };
        for (int i = 0; i < numbers.Length; i++)
        {
            float kept = numbers[i];
            numbers[i] = MathF.BitIncrement(kept);
            Assert.True(seen.Add(NumberHash.Of(numbers.AsSpan())));
            (numbers[i], numbers[(i + 4) % 1000]) = (numbers[(i + 4) % 1000], kept);
            Assert.True(seen.Add(NumberHash.Of(numbers.AsSpan())));
            (numbers[(i + 4) % 1000], numbers[i]) = (numbers[i], kept);
        }
        for (int length = 0; length < 200; length++) Assert.True(seen.Add(NumberHash.Of(numbers.AsSpan(0, length))));
        Assert.NotEqual(NumberHash.Of([0f]), NumberHash.Of([-0f]));
    }

    private static EncoderForSequenceClassification Encoder(float dropout) => new(Berts.Small with { HiddenDropout = dropout, AttentionDropout = dropout }) { Seed = 1 };
}
