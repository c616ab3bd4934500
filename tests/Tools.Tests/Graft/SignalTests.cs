using System.Diagnostics;

namespace Graft.Tools.Tests;

/// <summary>Signals to a process of its own.</summary>
public sealed class SignalTests(Workplace place) : IClassFixture<Workplace>
{
    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    public async Task A_signal_ends_the_training_after_its_step_and_saves_what_was_learnt(string signal, int exitCode)
    {
        if (IsIgnored(exitCode - 128)) Assert.Skip($"the tests were started with SIG{signal} ignored, as under nohup, and so is what they start");
        string target = "signal-" + signal;
        using var process = Start(target);
        string line = await UntilEpoch(process);
        Assert.StartsWith("epoch 1/", line, StringComparison.Ordinal);
        await Kill(process, signal);
        string rest = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string report = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == exitCode, $"exit code {process.ExitCode}: {rest}");
        Assert.Contains("graft: interrupted; what was learnt in ", rest, StringComparison.Ordinal);
        Assert.Contains("\"interrupted\":true", report, StringComparison.Ordinal);
        Assert.Equal(0, GraftLine.Run("evaluate", "--model", place.In(target), "--data", place.Data, "--json").ExitCode);
    }

    [Fact]
    public async Task What_is_killed_leaves_no_folder_behind()
    {
        using var process = Start("killed");
        await UntilEpoch(process);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.False(Directory.Exists(place.In("killed")));
    }

    private static bool IsIgnored(int signal)
    {
        const string status = "/proc/self/status", ignored = "SigIgn:";
        if (!File.Exists(status)) return false;
        string bits = File.ReadLines(status).First(static line => line.StartsWith(ignored, StringComparison.Ordinal))[ignored.Length..].Trim();
        return (Convert.ToUInt64(bits, 16) >> (signal - 1) & 1) != 0;
    }

    private static async Task<string> UntilEpoch(Process process)
    {
        while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            if (line.StartsWith("epoch", StringComparison.Ordinal)) return line;
        return "";
    }

    private static async Task Kill(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, $"{process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private Process Start(string target)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("there are no such signals there");
        string program = Path.Combine(AppContext.BaseDirectory, "graft.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (string argument in (string[])["exec", program, .. place.FineTune(target, "--epochs", "2000", "--threads", "1", "--json")]) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
