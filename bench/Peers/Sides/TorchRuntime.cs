using System.Runtime.InteropServices;
using TorchSharp;

namespace Graft.Peers;

/// <summary>A peer that is not there: the other workloads would miss it too.</summary>
internal sealed class PeerMissingException(string message) : Exception(message);

/// <summary>Loads libtorch, once a process.</summary>
internal static class TorchRuntime
{
    public static void Start(int threads)
    {
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
            torch.set_num_threads(threads);
        }
        // TorchSharp wraps whatever keeps a native library from loading in one of these
        catch (Exception exception) when (exception is NotSupportedException or DllNotFoundException or TypeInitializationException
                                              or BadImageFormatException or EntryPointNotFoundException or FileNotFoundException)
        {
            throw new PeerMissingException(
                $"TorchSharp cannot load its native libraries here ({Reason(exception)}): "
                + $"run with --without {WorkloadTable.Torch}, or see 'The peers' in bench/README.md");
        }
    }

    /// <summary>What the system's loader says of TorchSharp's own library, which TorchSharp's long message leaves out.</summary>
    private static string Reason(Exception exception)
    {
        string[] places = ["cpu", Path.Combine("runtimes", "linux-x64", "native")];
        foreach (string file in places.Select(place => Path.Combine(AppContext.BaseDirectory, place, "libLibTorchSharp.so")).Where(File.Exists))
        {
            try
            {
                NativeLibrary.Free(NativeLibrary.Load(file));
            }
            catch (DllNotFoundException loader)
            {
                string[] lines = loader.Message.Split('\n');
                return lines.FirstOrDefault(line => line.Contains("not found", StringComparison.Ordinal)) ?? lines[0];
            }
        }
        string message = exception.GetBaseException().Message;
        return message.Split(". ")[0];
    }
}
