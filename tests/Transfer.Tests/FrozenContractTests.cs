using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>What is frozen stays as it is, whatever a training does, and a write to it ends the training.</summary>
public sealed class FrozenContractTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData("conv1.weight")]
    [InlineData("conv2.weight")]
    [InlineData("bn.running_mean")]
    public void A_planted_write_ends_the_training_with_the_tensors_name(string key)
    {
        var model = new SmallModel();
        var data = new Noise(model, device)
        {
            Before = step =>
            {
                if (step == 4) model.Parameters().Concat(model.Buffers()).Single(tensor => tensor.Name == key).Fill(static numbers => numbers[^1] += 1e-6f);
            },
        };
        var told = new List<EpochReport>();
        var tuner = new FineTuner(model, device, new FineTuneOptions { Epochs = 3, FrozenEpochs = 0, FreezeBelow = "head" }) { Observers = [new Told(told)] };
        var error = Assert.Throws<FrozenWeightsException>(() => tuner.FineTune(data));
        Assert.Equal(key, error.Tensor);
        Assert.Contains("changed in epoch 2", error.Message, StringComparison.Ordinal);
        Assert.Single(told);
        // and it can be trained again
        new FineTuner(model, device, new FineTuneOptions { Epochs = 1, FreezeBelow = "head" }).FineTune(new Noise(model, device));
    }

    [Fact]
    public void A_write_to_what_learns_or_is_let_go_is_none()
    {
        var model = new SmallModel();
        var data = new Noise(model, device)
        {
            Before = step =>
            {
                if (step != 4) return;
                model.Parameters().Last().Fill(static numbers => numbers[0] += 1);
                model.Unfreeze("stem");
                model.Parameters().First().Fill(static numbers => numbers[0] += 1);
            },
        };
        Assert.Equal(6, new FineTuner(model, device, new FineTuneOptions { Epochs = 2, FrozenEpochs = 0, FreezeBelow = "head" }).FineTune(data).Steps);
    }

    [Theory]
    [InlineData("stem", "conv1.weight conv1.bias")]
    [InlineData("stem..middle", "conv1.weight conv1.bias conv2.weight bn.weight bn.bias bn.running_mean bn.running_var")]
    [InlineData("*.bias, bn.weight", "conv1.bias bn.weight bn.bias fc.bias bn.running_mean bn.running_var")]
    public void What_a_recipe_freezes_by_name_keeps_every_bit_in_every_strategy(string pattern, string kept)
    {
        foreach (var strategy in FineTuneStrategy.All.Where(static one => one != FineTuneStrategy.LinearProbe))
        {
            var model = new SmallModel { IsHeadNew = true };
            var before = Snapshot(model);
            new FineTuner(model, device, new FineTuneOptions { Strategy = strategy, Epochs = 3, Freeze = pattern, LearningRate = 0.1, WeightDecay = 0.1 }).FineTune(new Noise(model, device));
            var after = Snapshot(model);
            Assert.Equal(kept.Split(' '), before.Keys.Where(key => before[key].SequenceEqual(after[key])));
        }
    }

    [Theory]
    [InlineData(FrozenNormPolicy.RunningStatistics, "bn.weight bn.bias bn.running_mean bn.running_var")]
    [InlineData(FrozenNormPolicy.TrackStatistics, "bn.weight bn.bias")]
    [InlineData(FrozenNormPolicy.TrainAffine, "bn.running_mean bn.running_var")]
    public void Norms_below_the_frontier_do_what_the_policy_says(FrozenNormPolicy policy, string kept)
    {
        var model = new SmallModel();
        var before = Snapshot(model);
        new FineTuner(model, device, new FineTuneOptions { Epochs = 2, FrozenEpochs = 0, FreezeBelow = "head", FrozenNorm = policy, LearningRate = 0.1 }).FineTune(new Noise(model, device));
        var after = Snapshot(model);
        Assert.Equal(["conv1.weight", "conv1.bias", "conv2.weight", .. kept.Split(' ')], before.Keys.Where(key => before[key].SequenceEqual(after[key])));
    }

    [Fact]
    public void Averages_of_weights_leave_what_is_frozen_alone()
    {
        var model = new SmallModel();
        var before = Snapshot(model);
        var options = new FineTuneOptions
        {
            Epochs = 3,
            FrozenEpochs = 0,
            FreezeBelow = "head",
            Regularisation = new RegularisationOptions { AverageDecay = 0.9 },
        };
        new FineTuner(model, device, options).FineTune(new Noise(model, device), validate: static _ => new Evaluation(1, 1, 0));
        var after = Snapshot(model);
        Assert.All(before.Keys.Where(static key => !key.StartsWith("fc.", StringComparison.Ordinal)), key => Assert.Equal(before[key], after[key]));
    }

    [Fact]
    public void Groups_freeze_by_name_by_stage_and_by_index()
    {
        var model = new SmallModel();
        var groups = new ParameterGroups(model);
        Assert.Equal(5, groups.Freeze("stem..middle"));
        Assert.Equal([true, true, false], groups.Select(static group => group.IsFrozen));
        Assert.Equal(3, groups.Unfreeze("middle"));
        Assert.Equal([true, false, false], groups.Select(static group => group.IsFrozen));
        groups.Unfreeze("stem");
        groups.FreezeTo(^1);
        Assert.Equal([true, true, false], groups.Select(static group => group.IsFrozen));
        groups.FreezeTo(0);
        Assert.DoesNotContain(groups, static group => group.IsFrozen);
        Assert.Throws<ArgumentOutOfRangeException>(() => groups.FreezeTo(4));
        groups.FreezeBelow("head", FrozenNormPolicy.TrainAffine);
        Assert.Equal(["bn.weight", "bn.bias", "fc.weight", "fc.bias"], model.Parameters().Where(static one => !one.IsFrozen).Select(static one => one.Name));
        groups.LearnOnly("middle");
        Assert.Equal([true, false, true], groups.Select(static group => group.IsFrozen));
        Assert.StartsWith("no parameter fits 'tail'", Assert.Throws<ArgumentException>(() => groups.Freeze("tail")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => groups.LearnOnly("middle", "tail"));

        var both = new ParameterGroups(new ParameterGroup("one", new LinearModel()), new ParameterGroup("two", new SmallModel()));
        Assert.Equal(1, both.Freeze("linear.bias"));
        Assert.Throws<ArgumentException>(() => both.Freeze("nothing"));
    }

    [Fact]
    public void Rates_are_given_one_by_one_or_between_two()
    {
        var groups = new ParameterGroups(new SmallModel());
        groups.Rates([0.1, 0.2, 0.3]);
        Assert.Equal([0.1, 0.2, 0.3], groups.Select(static group => group.Rate));
        var error = Assert.Throws<ArgumentException>(() => groups.Rates([0.1, 0.2]));
        Assert.StartsWith("2 rates do not fit 3 groups: give one for each, in order stem, middle, head", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => groups.Rates([0.4, 0.5, 0]));
        Assert.Equal(0.1, groups[0].Rate);
        groups.RatesBetween(1e-4, 1e-2);
        Assert.Equal([1e-4, 1e-3, 1e-2], groups.Select(static group => Math.Round(group.Rate, 10)));
    }

    private static Dictionary<string, float[]> Snapshot(Model model) =>
        model.Parameters().Concat(model.Buffers()).ToDictionary(tensor => tensor.Name, tensor => tensor.Value.ToArray());

    private sealed class Told(List<EpochReport> told) : TrainingObserver
    {
        public override void EpochDone(TrainingContext context) => told.Add(context.LastEpoch!);
    }
}
