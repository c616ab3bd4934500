using System.Runtime.InteropServices;

namespace Graft.Peers;

/// <summary>What the machine calls its processor.</summary>
internal static class ProcessorName
{
    private const string Information = "/proc/cpuinfo", Field = "model name";

    public static string Of() =>
        (File.Exists(Information) ? File.ReadLines(Information).FirstOrDefault(static line => line.StartsWith(Field, StringComparison.Ordinal)) : null)
            ?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
}
