using Graft.Models;

namespace Graft.Transfer.Tests;

public class ParameterGroupsTests
{
    [Fact]
    public void Stages_hold_every_parameter_once_and_no_buffer()
    {
        var model = ModelRegistry.Create("resnet18");
        var groups = new ParameterGroups(model);
        Assert.Equal(["stem", "layer1", "layer2", "layer3", "layer4", "head"], groups.Select(group => group.Name));
        Assert.Equal(model.Parameters(), groups.SelectMany(group => group.Parameters));
        Assert.Equal(11_689_512, groups.TrainableParameters);
    }

    [Fact]
    public void Freezing_below_a_stage_freezes_what_is_before_it_and_releases_the_rest()
    {
        var groups = new ParameterGroups(ModelRegistry.Create("resnet18", classes: 10));
        groups.FreezeBelow("head");
        Assert.Equal([true, true, true, true, true, false], groups.Select(group => group.IsFrozen));
        Assert.Equal(5_130, groups.TrainableParameters);
        groups.FreezeBelow("layer4");
        Assert.Equal([true, true, true, true, false, false], groups.Select(group => group.IsFrozen));
        groups.Unfreeze();
        Assert.DoesNotContain(groups, group => group.IsFrozen);
    }

    [Fact]
    public void What_was_frozen_by_hand_is_let_go_by_hand_alone()
    {
        var model = ModelRegistry.Create("resnet18", classes: 10);
        var groups = new ParameterGroups(model);
        int pinned = model.Freeze("layer3") + model.Freeze("fc.bias");
        int Frozen() => model.Parameters().Count(parameter => parameter.IsFrozen);
        groups.FreezeBelow("layer2");
        Assert.True(groups[3].IsFrozen);
        groups.Unfreeze();
        Assert.Equal(pinned, Frozen());
        groups.FreezeBelow("head");
        Assert.Equal(1, model.Parameters().Count(parameter => !parameter.IsFrozen));
        // by hand is the last word, until the groups freeze again
        model.Unfreeze();
        Assert.Equal(0, Frozen());
        groups.FreezeBelow("head");
        Assert.Equal(5_130, groups.TrainableParameters);
    }

    [Fact]
    public void Rates_are_geometric_from_stem_to_head()
    {
        var groups = new ParameterGroups(ModelRegistry.Create("cifar-resnet20"));
        groups.Rates(head: 0.16, decayPerStage: 2);
        double[] expected = [0.01, 0.02, 0.04, 0.08, 0.16];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], groups[i].Rate, 1e-12);
    }

    [Fact]
    public void An_unknown_stage_is_refused_with_the_names_of_those_there_are()
    {
        var groups = new ParameterGroups(ModelRegistry.Create("cifar-resnet20"));
        var error = Assert.Throws<ArgumentException>(() => groups.FreezeBelow("layer4"));
        Assert.Equal("cifar-resnet20 has no stage 'layer4'; from stem to head it has stem, layer1, layer2, layer3, head", error.Message);
    }

    [Fact]
    public void A_parameter_in_two_groups_is_refused_with_the_names_of_both()
    {
        var model = new SmallModel();
        var error = Assert.Throws<ArgumentException>(
            () => new ParameterGroups([.. new ParameterGroups(model), new ParameterGroup("biases", model.Parameters().Where(parameter => parameter.Shape.Rank == 1))]));
        Assert.StartsWith("the parameter 'conv1.bias' is in two groups, 'stem' and 'biases'", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ParameterGroups(new ParameterGroup("same", new LinearModel()), new ParameterGroup("same", new LinearModel())));
        Assert.Throws<ArgumentException>(() => new ParameterGroups([]));
    }

    [Fact]
    public void Groups_of_several_modules_and_models_are_one_list()
    {
        LinearModel encoder = new(), label = new(), domain = new();
        var groups = new ParameterGroups(new ParameterGroup("encoder", encoder, encoder), new ParameterGroup("heads", label, domain));
        Assert.Equal([encoder, label, domain], groups.Models);
        Assert.Equal([2, 4], groups.Select(group => group.Parameters.Count));
        groups.FreezeBelow("heads");
        Assert.True(groups["encoder"].IsFrozen);
        Assert.Equal("there is no group 'head'; in order there are encoder, heads", Assert.Throws<ArgumentException>(() => groups["head"]).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => groups[0].Rate = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => groups[0].WeightDecay = -1);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(0.1, 0)]
    [InlineData(0.1, double.PositiveInfinity)]
    public void Impossible_rates_are_refused(double head, double decay) => Assert.Throws<ArgumentOutOfRangeException>(
        () => new ParameterGroups(ModelRegistry.Create("cifar-resnet20")).Rates(head, decay));
}
