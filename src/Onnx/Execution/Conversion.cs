using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>From the host to the device and back.</summary>
internal static class Conversion
{
    /// <summary>An array as floats on the device.</summary>
    public static Variable ToVariable(HostValue host, Pass pass)
    {
        if (host.Element == Elements.Text) throw new ArgumentException($"{host} are texts where numbers are asked for");
        return pass.Constant(pass.Upload<float>(new Shape(host.Dims), host.ToSingles()));
    }

    /// <summary>What is on the device as an array.</summary>
    /// <exception cref="NotSupportedException">The pass is being recorded: its numbers are not there yet.</exception>
    public static HostValue ToHost(DeviceValue device)
    {
        if (device.Ids is { } ids && device.Element.IsInteger)
        {
            int[] whole = ids.ToArray();
            return device.Element.FromIntegers(device.Dims, at => whole[at]);
        }
        float[] numbers = device.Variable.Value.ToArray();
        if (device.Element == Elements.Single) return new HostValue<float>(Elements.Single, device.Dims, numbers);
        return device.Element.FromDoubles(device.Dims, at => numbers[at]);
    }
}
