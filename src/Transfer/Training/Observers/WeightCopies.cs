using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Copies of all parameters and buffers that a training moves, frozen or not, where they are trained.</summary>
internal sealed class WeightCopies : IDisposable
{
    private const string CountKey = "count";

    private readonly (Parameter Weight, Tensor<float> Copy)[] copies;
    private readonly WeightLockSet locks = new();

    /// <summary>Copies them as they are.</summary>
    public WeightCopies(ParameterGroups groups, Device device)
    {
        var ofModels = groups.Models.SelectMany(static model => model.Parameters().Concat(model.Buffers()));
        copies = [.. ofModels.Concat(groups.SelectMany(static group => group.Parameters)).Distinct().Select(weight => (weight, device.Home.Rent<float>(weight.Shape)))];
        foreach (var (weight, _) in copies) locks.Add(weight.Lock);
        Take();
    }

    /// <summary>Makes the copies those of the weights as they are now.</summary>
    public void Take()
    {
        using var reading = locks.Read();
        foreach (var (weight, copy) in copies) copy.Device.Copy(weight.ValueOn(copy.Device), copy);
    }

    /// <summary>Copies the saved values back into the weights.</summary>
    public void Restore()
    {
        using var alone = locks.Change();
        foreach (var (weight, copy) in copies) copy.Device.Copy(copy, weight.ValueOn(copy.Device));
    }

    /// <summary>Moves the copies towards the weights: copy += share * (weight - copy).</summary>
    public void Blend(float share)
    {
        using var reading = locks.Read();
        foreach (var (weight, copy) in copies) copy.Device.Zip(new Lerp(share), copy, weight.ValueOn(copy.Device), copy);
    }

    /// <summary>Exchanges weights and copies.</summary>
    public void Swap()
    {
        using var alone = locks.Change();
        foreach (var (weight, copy) in copies)
        {
            var here = weight.ValueOn(copy.Device);
            using var kept = copy.Device.Rent<float>(copy.Shape);
            copy.Device.Copy(here, kept);
            copy.Device.Copy(copy, here);
            copy.Device.Copy(kept, copy);
        }
    }

    /// <summary>Writes the copies in the order of the weights.</summary>
    public void WriteState(StateWriter state)
    {
        state.WholeNumber(CountKey, copies.Length);
        for (int i = 0; i < copies.Length; i++) state.Tensor(NameOf(i), copies[i].Copy);
    }

    /// <summary>Whether copies were written there.</summary>
    public static bool AreIn(StateReader state) => state.Has(CountKey);

    /// <summary>Takes over what <see cref="WriteState"/> wrote.</summary>
    public void ReadState(StateReader state)
    {
        for (int i = 0; i < copies.Length; i++) state.CopyTo(NameOf(i), copies[i].Copy);
    }

    private string NameOf(int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{index}.{copies[index].Weight.Name}");

    public void Dispose()
    {
        foreach (var (_, copy) in copies) copy.Dispose();
    }
}
