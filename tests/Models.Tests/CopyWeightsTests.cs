namespace Graft.Models.Tests;

public class CopyWeightsTests
{
    [Fact]
    public void A_copy_has_every_number_of_its_source()
    {
        using var source = ModelRegistry.Create("cifar-resnet20", classes: 3, seed: 1);
        using var copy = ModelRegistry.Create("cifar-resnet20", classes: 3, seed: 2);
        source.IsHeadNew = true;
        copy.CopyWeightsFrom(source);
        Assert.Equal(Numbers(source), Numbers(copy));
        Assert.True(copy.IsHeadNew);
        source.IsHeadNew = false;
        source.CopyWeightsFrom(source);
        copy.CopyWeightsFrom(source);
        Assert.Equal(Numbers(source), Numbers(copy));
        Assert.False(copy.IsHeadNew);
    }

    [Fact]
    public void Without_the_head_the_trunk_alone_is_copied()
    {
        using var source = ModelRegistry.Create("cifar-resnet20", classes: 3, seed: 1);
        using var copy = ModelRegistry.Create("cifar-resnet20", classes: 5, seed: 2);
        float[] head = copy.Parameters().Single(parameter => parameter.Name == "linear.weight").Value.ToArray();
        copy.CopyWeightsFrom(source, includeHead: false);
        Assert.True(copy.IsHeadNew);
        foreach (var (from, to) in source.Parameters().Concat(source.Buffers()).Zip(copy.Parameters().Concat(copy.Buffers())))
            if (!from.Name.StartsWith("linear.", StringComparison.Ordinal)) Assert.Equal(from.Value.ToArray(), to.Value.ToArray());
        Assert.Equal(head, copy.Parameters().Single(parameter => parameter.Name == "linear.weight").Value.ToArray());
    }

    [Fact]
    public void Models_that_are_not_alike_are_refused_and_left_as_they_were()
    {
        using var source = ModelRegistry.Create("cifar-resnet20", classes: 3, seed: 1);
        using var copy = ModelRegistry.Create("cifar-resnet20", classes: 5, seed: 2);
        float[] before = Numbers(copy);
        string message = Assert.Throws<ArgumentException>(() => copy.CopyWeightsFrom(source)).Message;
        Assert.Contains("'linear.weight' is [3, 64] in cifar-resnet20 and [5, 64]", message, StringComparison.Ordinal);
        using var deeper = ModelRegistry.Create("cifar-resnet32", classes: 5);
        Assert.Contains("'layer1.3.conv1.weight' is not in cifar-resnet20", Assert.Throws<ArgumentException>(() => copy.CopyWeightsFrom(deeper)).Message, StringComparison.Ordinal);
        Assert.Contains("is not in cifar-resnet20", Assert.Throws<ArgumentException>(() => deeper.CopyWeightsFrom(copy)).Message, StringComparison.Ordinal);
        Assert.Equal(before, Numbers(copy));
        Assert.False(copy.IsHeadNew);
    }

    [Fact]
    public async Task Copies_in_both_directions_at_once_do_not_wait_for_each_other()
    {
        using var one = ModelRegistry.Create("cifar-resnet20", classes: 3, seed: 1);
        using var other = ModelRegistry.Create("cifar-resnet20", classes: 3, seed: 2);
        var there = Task.Run(() => Repeat(one, other));
        await Task.WhenAll(there, Task.Run(() => Repeat(other, one))).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        static void Repeat(Model target, Model source)
        {
            for (int i = 0; i < 20; i++) target.CopyWeightsFrom(source);
        }
    }

    [Fact]
    public void A_parameter_says_whose_it_is()
    {
        using var model = ModelRegistry.Create("cifar-resnet20");
        Assert.All(model.Parameters().Concat(model.Buffers()), parameter => Assert.Same(model, Model.Of(parameter)));
        Assert.Null(Model.Of(new Linear(2, 2).Parameters().First()));
    }

    private static float[] Numbers(Model model) => [.. model.Parameters().Concat(model.Buffers()).SelectMany(tensor => tensor.Value.ToArray())];
}
