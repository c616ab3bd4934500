using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>What the outputs of a trunk depend on beside the example: the architecture, every weight and buffer below the stage, the device.</summary>
internal static class TrunkKey
{
    public static string Of(Model model, string stage, Device device, Shape row)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, $"graft trunk 1|{model.Name}|{stage}|{(device is CpuDevice ? "cpu" : device.Name)}|{row}");
        foreach (var below in model.Stages.TakeWhile(known => known.Name != stage))
        {
            foreach (var tensor in below.Modules.SelectMany(static module => module.Parameters().Concat(module.Buffers())))
            {
                Append(hash, $"{below.Name}|{tensor.Name}|{tensor.Shape}");
                hash.AppendData(MemoryMarshal.AsBytes<float>(tensor.Value.ToArray()));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
}
