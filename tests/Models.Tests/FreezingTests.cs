using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

public sealed class FreezingTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData("layer1", 12)]
    [InlineData("layer1.*", 12)]
    [InlineData("layer1.0.conv1.weight", 1)]
    [InlineData("fc", 2)]
    [InlineData("*.bias", 21)]
    [InlineData("layer*.0.conv*weight", 8)]
    [InlineData("*", 62)]
    public void A_pattern_names_parameters_and_whole_modules(string pattern, int count)
    {
        var model = ModelRegistry.Create("resnet18", classes: 5);
        Assert.Equal(count, model.Freeze(pattern));
        Assert.Equal(count, model.Parameters().Count(parameter => parameter.IsFrozen));
        Assert.Equal(count, model.Unfreeze(pattern));
        Assert.DoesNotContain(model.Parameters(), parameter => parameter.IsFrozen);
    }

    [Theory]
    [InlineData("layer5.*", "layer1")]
    [InlineData("layer1.0.conv1.weigth", "layer1.0.conv1.weight")]
    [InlineData("layer1.0.conv", "layer1.0.conv1")]
    public void A_pattern_that_names_nothing_is_refused_with_the_nearest_key(string pattern, string nearest)
    {
        var model = ModelRegistry.Create("resnet18", classes: 5);
        var error = Assert.Throws<ArgumentException>(() => model.Freeze(pattern));
        Assert.StartsWith($"no parameter fits '{pattern}'; the nearest is '{nearest}'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(model.Parameters(), parameter => parameter.IsFrozen);
    }

    [Fact]
    public void A_module_is_frozen_when_each_of_its_parameters_is()
    {
        var model = ModelRegistry.Create("cifar-resnet20");
        Assert.False(model.IsFrozen);
        foreach (var parameter in model.Parameters()) parameter.IsFrozen = true;
        Assert.True(model.IsFrozen);
        model.Parameters().Last().IsFrozen = false;
        Assert.False(model.IsFrozen);
    }

    [Fact]
    public void A_norm_whose_parameters_were_frozen_one_by_one_keeps_its_statistics()
    {
        var norm = new BatchNorm2d(2);
        using var x = Tensor.From<float>([2, 2, 1, 2], [1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f], device);
        foreach (var parameter in norm.Parameters()) parameter.IsFrozen = true;
        using (var pass = Pass.Train(device)) norm.Forward(pass.Constant(x));
        Assert.Equal([0f, 0f], norm.Buffers().First().Value.ToArray());
        norm.Parameters().First().IsFrozen = false;
        using (var pass = Pass.Train(device)) norm.Forward(pass.Constant(x));
        Assert.NotEqual([0f, 0f], norm.Buffers().First().Value.ToArray());
    }
}
