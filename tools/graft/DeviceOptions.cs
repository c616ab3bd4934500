using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using Graft.Tensors;
using Graft.Tensors.Gpu;

namespace Graft.CommandLine;

/// <summary><c>--device</c>, <c>--threads</c> and <c>--matrix-precision</c>: where a command computes, and how exactly.</summary>
internal sealed class DeviceOptions
{
    private const int MostThreads = 1024;

    private readonly Option<string> device = Options.Choice("--device", "Where to compute.", ["cpu", "gpu"], "cpu");

    private readonly Option<int> threads = Options.WholeNumber(
        "--threads", "CPU threads; one a core where it is not given. Results do not depend on it.", 1, preset: null, MostThreads);

    private readonly Option<string> matrixPrecision = Options.Choice(
        "--matrix-precision", "How exactly a GPU multiplies: high by tensor cores in TensorFloat-32, medium in bfloat16.", ["highest", "high", "medium"], "highest");

    public DeviceOptions(Command command)
    {
        command.Add(matrixPrecision);
        command.Add(device);
        command.Add(threads);
    }

    /// <summary>Whether the GPU is part of this build. A trimmed one leaves it out: its kernels are made at run time, of code whose use
    /// trimming does not see.</summary>
    [FeatureSwitchDefinition("Graft.CommandLine.Gpu")]
    private static bool HasGpu => !AppContext.TryGetSwitch("Graft.CommandLine.Gpu", out bool has) || has;

    /// <summary>Opens the device that was asked for; the caller closes it.</summary>
    /// <exception cref="DeviceUnavailableException">This machine has none, or none that computes so.</exception>
    /// <exception cref="WrongInputException">The CPU was asked for less precision.</exception>
    public OpenDevice Open(ParseResult parsed)
    {
        if (parsed.GetValue(device) == "gpu")
        {
            if (HasGpu) return new OpenDevice(Card(parsed.GetRequiredValue(matrixPrecision)), owned: true);
            throw new DeviceUnavailableException("this build was trimmed, which leaves the GPU out: use one that was not, or the CPU");
        }
        if (parsed.GetValue(matrixPrecision) is { } asked and not "highest") throw new WrongInputException($"--matrix-precision {asked} is for a GPU: add --device gpu, or leave it out");
        return parsed.Find(threads) is { } count ? new OpenDevice(new CpuDevice(count), owned: true) : new OpenDevice(Device.Cpu, owned: false);
    }

    private static GpuDevice Card(string precision)
    {
        var card = GpuDevice.Create();
        try
        {
            card.MatrixPrecision = Enum.Parse<MatrixPrecision>(precision, ignoreCase: true);
            return card;
        }
        catch (NotSupportedException exception)
        {
            card.Dispose();
            throw new DeviceUnavailableException(exception.Message, exception);
        }
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
