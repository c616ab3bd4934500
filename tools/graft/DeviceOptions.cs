using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using Graft.Tensors;
using Graft.Tensors.Gpu;

namespace Graft.CommandLine;

/// <summary><c>--device</c> and <c>--threads</c>: where a command computes.</summary>
internal sealed class DeviceOptions
{
    private const int MostThreads = 1024;

    private readonly Option<string> device = Options.Choice("--device", "Where to compute.", ["cpu", "gpu"], "cpu");

    private readonly Option<int> threads = Options.WholeNumber(
        "--threads", "CPU threads; one a core where it is not given. Results do not depend on it.", 1, preset: null, MostThreads);

    public DeviceOptions(Command command)
    {
        command.Add(device);
        command.Add(threads);
    }

    /// <summary>Whether the GPU is part of this build. A trimmed one leaves it out: its kernels are made at run time, of code whose use
    /// trimming does not see.</summary>
    [FeatureSwitchDefinition("Graft.CommandLine.Gpu")]
    private static bool HasGpu => !AppContext.TryGetSwitch("Graft.CommandLine.Gpu", out bool has) || has;

    /// <summary>Opens the device that was asked for; the caller closes it.</summary>
    /// <exception cref="DeviceUnavailableException">This machine has none.</exception>
    public OpenDevice Open(ParseResult parsed)
    {
        if (parsed.GetValue(device) == "gpu")
        {
            if (HasGpu) return new OpenDevice(GpuDevice.Create(), owned: true);
            throw new DeviceUnavailableException("this build was trimmed, which leaves the GPU out: use one that was not, or the CPU");
        }
        return parsed.Find(threads) is { } count ? new OpenDevice(new CpuDevice(count), owned: true) : new OpenDevice(Device.Cpu, owned: false);
    }
}

/// <summary>A device for the time of one command.</summary>
internal sealed class OpenDevice(Device device, bool owned) : IDisposable
{
    public Device Device => device;

    public void Dispose()
    {
        if (owned) (device as IDisposable)?.Dispose();
    }
}
