using System.Text;
using System.Text.Json;
using Graft.CommandLine;

namespace Graft.Tools.Tests;

/// <summary>One run of graft, inside the test's process.</summary>
internal sealed record GraftLine(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public static GraftLine Run(params string[] args) => Run(CancellationToken.None, args);

    public static GraftLine Run(CancellationToken interrupt, params string[] args)
    {
        using var error = new StringWriter();
        var (exitCode, output) = Run(args, error, interrupt);
        return new GraftLine(exitCode, output, error.ToString());
    }

    /// <summary>Presses Ctrl-C when a text comes up on standard error.</summary>
    public static GraftLine RunUntil(string text, params string[] args)
    {
        using var interrupt = new CancellationTokenSource();
        using var error = new WatchedWriter(text, interrupt.Cancel);
        var (exitCode, output) = Run(args, error, interrupt.Token);
        return new GraftLine(exitCode, output, error.ToString());
    }

    /// <summary>Asserts success, and that nothing but one object is on standard output.</summary>
    public JsonElement AssertDone(int exitCode = 0)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}: {Error}{Output}");
        Assert.Equal(1, Output.Count(character => character == '\n'));
        return Json;
    }

    /// <summary>Asserts success without looking at what was printed.</summary>
    public void AssertDoneQuietly() => Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Error}{Output}");

    /// <summary>Asserts one line on standard error, none on standard output, and the exit code.</summary>
    public void AssertFailed(int exitCode, params string[] reasons)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}: {Error}{Output}");
        Assert.Equal("", Output);
        Assert.StartsWith("graft: ", Error, StringComparison.Ordinal);
        foreach (string reason in reasons) Assert.Contains(reason, Error, StringComparison.Ordinal);
        Assert.Equal(1, Error.Count(character => character == '\n'));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
    }

    private static (int ExitCode, string Output) Run(string[] args, TextWriter error, CancellationToken interrupt)
    {
        using var output = new StringWriter();
        int exitCode = Program.Run(args, output, error, interrupt);
        return (exitCode, output.ToString());
    }

    private sealed class WatchedWriter(string text, Action seen) : TextWriter
    {
        private readonly StringBuilder written = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => written.Append(value);

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value is not null && value.Contains(text, StringComparison.Ordinal)) seen();
        }

        public override string ToString() => written.ToString();
    }
}
