using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Graft.GpuCheck;

/// <summary>PyTorch on the same card, by <c>gpu_peer.py</c>: a line a figure, its name and seconds.</summary>
internal static class Peer
{
    public static IReadOnlyDictionary<string, double> Measure(string python, bool isQuick, Report report)
    {
        var seconds = new Dictionary<string, double>(StringComparer.Ordinal);
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "gpu_peer.py"));
        if (isQuick) start.ArgumentList.Add("--quick");
        try
        {
            using var process = Process.Start(start)!;
            while (process.StandardOutput.ReadLine() is { } line)
            {
                if (line.Split('\t') is [var name, var figure] && double.TryParse(figure, CultureInfo.InvariantCulture, out double found)) seconds[name] = found;
                else report.Tell($"peer: {line}");
            }
            process.WaitForExit();
        }
        catch (Win32Exception exception)
        {
            report.Tell($"peer: {python} cannot be started: {exception.Message}");
        }
        return seconds;
    }
}
