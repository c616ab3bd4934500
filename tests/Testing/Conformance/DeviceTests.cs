using System.Collections.Concurrent;
using System.Text;
using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>How large a device's conformance cases are.</summary>
public enum Sizes
{
    /// <summary>Beyond every block and vector, for devices that run at full speed.</summary>
    Full,

    /// <summary>A few numbers a case, for devices that are simulated.</summary>
    Tiny,
}

/// <summary>A device that the contract is tested on: a class of a test project, nothing else is to be written there.</summary>
public interface ITestedDevice
{
    /// <summary>How large the cases are.</summary>
    static virtual Sizes Sizes => Sizes.Full;

    /// <summary>Makes the device, or skips the test where the machine lacks it.</summary>
    static abstract Device Create();
}

/// <summary>The contract of <see cref="Device"/> as tests: a class a kernel family, which <see cref="ConformanceFramework"/> runs on each
/// <see cref="ITestedDevice"/> of a test project.</summary>
public abstract class DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly ConcurrentDictionary<Type, Device> Devices = new();

    /// <summary>The device under test, one for each family.</summary>
    protected Device Device => Devices.GetOrAdd(GetType(), _ => TDevice.Create());

    /// <summary>Whether the cases are kept to a few numbers.</summary>
    protected static bool Tiny => TDevice.Sizes == Sizes.Tiny;

    private protected Placed<float> Input(Shape shape, float[] values, Layout layout = Layout.Contiguous) =>
        new(Device, shape, layout, values);

    private protected Placed<int> Input(Shape shape, int[] values, Layout layout = Layout.Contiguous) =>
        new(Device, shape, layout, values);

    private protected Placed<float> Output(Shape shape, Layout layout = Layout.Contiguous) => new(Device, shape, layout);

    /// <summary>What a reference computes, once for all devices: the same name has to mean the same numbers.</summary>
    private protected static TResult Once<TResult>(string name, Func<TResult> reference) where TResult : class =>
        (TResult)References.Known.GetOrAdd(name, _ => new Lazy<object>(reference)).Value;

    /// <summary>Runs every case and fails with all that went wrong, each under its case's name.</summary>
    private protected void Each<TCase>(IEnumerable<TCase> cases, Action<TCase> test) where TCase : notnull
    {
        _ = Device; // a device that the machine lacks skips the test here
        var failures = new StringBuilder();
        int count = 0, failed = 0;
        foreach (var item in cases)
        {
            count++;
            try
            {
                test(item);
            }
#pragma warning disable CA1031 // what a case throws is reported below, under its name
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (++failed <= 12) failures.Append("\n  ").Append(item).Append(": ").Append(exception.Message);
            }
        }
        Assert.True(count > 0, "there are no cases");
        if (failed > 0) Assert.Fail($"{failed} of {count} cases on {Device.Name}:{failures}");
    }
}

/// <summary>What references have computed, shared by all devices.</summary>
internal static class References
{
    public static ConcurrentDictionary<string, Lazy<object>> Known { get; } = new();
}
