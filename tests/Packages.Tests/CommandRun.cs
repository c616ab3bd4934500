using System.Collections;
using System.Diagnostics;
using System.Text;

namespace Graft.Packages.Tests;

/// <summary>One run of a program, as from a shell.</summary>
internal sealed record CommandRun(string Line, int ExitCode, string Output)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(8);

    /// <summary>Runs a program and fails the test where it fails.</summary>
    public static async Task<CommandRun> Done(string program, string folder, Dictionary<string, string>? environment, params string[] arguments)
    {
        var run = await Of(program, folder, environment, arguments);
        Assert.True(run.ExitCode == 0, $"{run.Line}\nends with {run.ExitCode}:\n{run.Output}");
        return run;
    }

    /// <summary>The SDK's command, in the same way.</summary>
    public static Task<CommandRun> DotNet(string folder, Dictionary<string, string>? environment, params string[] arguments) =>
        Done(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", folder, environment, arguments);

    /// <summary>Runs a program to its end, whatever that is.</summary>
    public static async Task<CommandRun> Of(string program, string folder, Dictionary<string, string>? environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // what the build that runs these tests has told its own children is not for a user's build
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            if (((string)variable.Key).StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)) start.Environment.Remove((string)variable.Key);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;

        var output = new StringBuilder();
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Longest);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        lock (output) return new CommandRun($"{program} {string.Join(' ', arguments)}", process.ExitCode, output.ToString());

        void Append(string? line)
        {
            if (line is null) return;
            lock (output) output.AppendLine(line);
        }
    }
}
