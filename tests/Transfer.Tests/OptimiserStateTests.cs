using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Transfer.Tests;

public sealed class OptimiserStateTests : IDisposable
{
    private readonly CpuDevice device = new(1);
    private readonly string folder = Directory.CreateTempSubdirectory("graft-tests-").FullName;

    public void Dispose()
    {
        device.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    public static TheoryData<string> Optimisers => [.. OptimiserKind.All.Select(static kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void A_training_goes_on_from_saved_state_bit_by_bit(string name)
    {
        SmallModel model = new(), resumed = new();
        string file = Path.Combine(folder, "optimiser.safetensors");
        using var optimiser = Make(name, model);
        Train(model, optimiser, 3);
        optimiser.SaveState(file);
        resumed.CopyWeightsFrom(model);
        Train(model, optimiser, 2);

        using var other = Make(name, resumed);
        other.LoadState(file);
        Train(resumed, other, 2);
        foreach (var (expected, actual) in model.Parameters().Zip(resumed.Parameters()))
            Check.SameBits(actual.Name, expected.Value.ToArray(), actual.Value.ToArray());
    }

    [Fact]
    public void State_of_another_optimiser_or_model_is_refused()
    {
        var model = new SmallModel();
        string file = Path.Combine(folder, "optimiser.safetensors");
        using var sgd = Make("sgd", model);
        Train(model, sgd, 1);
        sgd.SaveState(file);
        using var adam = Make("adamw", model);
        var kind = Assert.Throws<CheckpointException>(() => adam.LoadState(file));
        Assert.Contains("another kind of optimiser", kind.Message, StringComparison.Ordinal);
        using var other = Make("sgd", new LinearModel());
        var groups = Assert.Throws<CheckpointException>(() => other.LoadState(file));
        Assert.Contains("of which 0 are of this optimiser", groups.Message, StringComparison.Ordinal);
    }

    private static Optimiser Make(string name, Model model)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(0.05);
        return OptimiserKind.Named(name).Create(groups, new OptimiserOptions());
    }

    private void Train(SmallModel model, Optimiser optimiser, int steps)
    {
        foreach (var batch in new Noise(model, device, batches: steps).Epoch(0, default))
        {
            using var pass = Pass.Train(device);
            optimiser.Step(pass.Backward(batch.Loss(pass)));
        }
    }
}
