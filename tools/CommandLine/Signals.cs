using System.Runtime.InteropServices;

namespace Graft.CommandLine;

/// <summary>Ctrl-C, SIGTERM and SIGHUP: the first ends the work after the step that is running and saves what was learnt, a second
/// ends the process at once.</summary>
public sealed class Signals : IDisposable
{
    private const string ShowCursor = "\e[?25h";

    private readonly CancellationTokenSource interrupt = new();
    private readonly List<PosixSignalRegistration> registrations = [];
    private static Action? caught;
    private int exitCode;

    /// <summary>Listens from here on.</summary>
    public Signals()
    {
        Register(PosixSignal.SIGINT, ExitCode.Interrupted);
        Register(PosixSignal.SIGTERM, ExitCode.Terminated);
        // under nohup a hang-up is ignored, and stays so
        if (!IsIgnored(HangUpNumber)) Register(PosixSignal.SIGHUP, ExitCode.HungUp);
    }

    private const int HangUpNumber = 1;

    /// <summary>Is cancelled by the first signal.</summary>
    public CancellationToken Token => interrupt.Token;

    /// <summary>While what it returns lives, the next Ctrl-C ends a part of the work and not all of it; one after that does what it always does.</summary>
    /// <param name="end">Ends the part; it is called by another thread.</param>
    /// <returns>What ends this by its <c>Dispose</c>.</returns>
    public static IDisposable Catch(Action end)
    {
        ArgumentNullException.ThrowIfNull(end);
        Volatile.Write(ref caught, end);
        return new Caught();
    }

    /// <summary>The exit code of the signal that ended the work, instead of Ctrl-C's.</summary>
    /// <param name="code">The exit code of the work.</param>
    public int ExitCodeOf(int code) => code == ExitCode.Interrupted && exitCode != 0 ? exitCode : code;

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        interrupt.Dispose();
    }

    private void Register(PosixSignal signal, int code) => registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (signal == PosixSignal.SIGINT && Interlocked.Exchange(ref caught, null) is { } end)
        {
            end();
            return;
        }
        if (Interlocked.CompareExchange(ref exitCode, code, 0) == 0)
        {
            interrupt.Cancel();
            return;
        }
        // a bar hides the cursor
        if (!Console.IsErrorRedirected) Console.Error.Write(ShowCursor);
        Environment.Exit(code);
    }));

    private sealed class Caught : IDisposable
    {
        public void Dispose() => Volatile.Write(ref caught, null);
    }

    /// <summary>Whether the process was started with a signal ignored; known on Linux alone.</summary>
    private static bool IsIgnored(int signal)
    {
        const string Status = "/proc/self/status", Mask = "SigIgn:";
        if (!OperatingSystem.IsLinux() || !File.Exists(Status)) return false;
        string? line = File.ReadLines(Status).FirstOrDefault(static line => line.StartsWith(Mask, StringComparison.Ordinal));
        return line is not null && ulong.TryParse(line[Mask.Length..].Trim(), System.Globalization.NumberStyles.HexNumber, null, out ulong mask)
            && (mask >> (signal - 1) & 1) != 0;
    }
}

/// <summary>A terminal that may go away: what is written after that is lost, and no error.</summary>
/// <param name="terminal">The terminal.</param>
public sealed class LastingWriter(TextWriter terminal) : TextWriter
{
    private bool isGone;

    /// <inheritdoc/>
    public override System.Text.Encoding Encoding => terminal.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => terminal.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => terminal.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => terminal.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => terminal.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(terminal.Flush);

    private void Try(Action write)
    {
        if (isGone) return;
        try
        {
            write();
        }
        catch (IOException)
        {
            isGone = true;
        }
    }
}
