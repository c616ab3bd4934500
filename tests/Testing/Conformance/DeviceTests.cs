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

/// <summary>The contract of <see cref="Device"/> as tests: a class a kernel family, derived from once a device.</summary>
public abstract class DeviceTests
{
    private static readonly ConcurrentDictionary<Type, Device> Devices = new();
    private static readonly ConcurrentDictionary<string, Lazy<object>> References = new();

    /// <summary>The device under test; asked for once a class. Skips where the machine lacks it.</summary>
    protected abstract Device CreateDevice();

    /// <summary>How large the cases are.</summary>
    protected virtual Sizes Sizes => Sizes.Full;

    /// <summary>The device under test.</summary>
    protected Device Device => Devices.GetOrAdd(GetType(), _ => CreateDevice());

    /// <summary>Whether the cases are kept to a few numbers.</summary>
    protected bool Tiny => Sizes == Sizes.Tiny;

    private protected Placed<float> Input(Shape shape, float[] values, Layout layout = Layout.Contiguous) =>
        new(Device, shape, layout, values);

    private protected Placed<int> Input(Shape shape, int[] values, Layout layout = Layout.Contiguous) =>
        new(Device, shape, layout, values);

    private protected Placed<float> Output(Shape shape, Layout layout = Layout.Contiguous) => new(Device, shape, layout);

    /// <summary>What a reference computes, once for all devices: the same name has to mean the same numbers.</summary>
    private protected static TResult Once<TResult>(string name, Func<TResult> reference) where TResult : class =>
        (TResult)References.GetOrAdd(name, _ => new Lazy<object>(reference)).Value;

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
