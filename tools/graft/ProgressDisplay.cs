using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Graft.CommandLine;

/// <summary>Tells on standard error how far the work is: a bar on a terminal, plain lines elsewhere.</summary>
internal abstract class ProgressDisplay
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    /// <summary>Does some work and shows its progress meanwhile.</summary>
    public static T Show<T>(TextWriter error, Func<ProgressDisplay, T> work) => IsTerminal(error) ? OnTerminal(error, work) : work(new Lines(error));

    /// <summary>Shows where the work stands.</summary>
    /// <param name="done">How much is done.</param>
    /// <param name="total">How much there is.</param>
    /// <param name="what">What is being done.</param>
    /// <param name="remaining">How long the rest will take.</param>
    public abstract void At(long done, long total, string what, TimeSpan remaining);

    /// <summary>Writes a line that stays.</summary>
    public abstract void Line(string text);

    /// <summary>Counts pieces of work: each call of what it gives shows one more of them.</summary>
    public Action Count(long total, string what)
    {
        long done = 0;
        var clock = Stopwatch.StartNew();
        return () =>
        {
            done++;
            At(done, total, string.Create(CultureInfo.InvariantCulture, $"{what} {done}/{total}, {done / clock.Elapsed.TotalSeconds:0.0}/s"),
                clock.Elapsed * ((double)(total - done) / done));
        };
    }

    private static bool IsTerminal(TextWriter error) =>
        ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    private static T OnTerminal<T>(TextWriter error, Func<ProgressDisplay, T> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        return console.Progress().AutoClear(true)
            .Columns(new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context => work(new Bar(console, context.AddTask("beginning"))));
    }

    private static string Left(TimeSpan remaining) => remaining.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)remaining.TotalHours}:{remaining.Minutes:00}:{remaining.Seconds:00} left")
        : string.Create(CultureInfo.InvariantCulture, $"{remaining.Minutes}:{remaining.Seconds:00} left");

    private sealed class Bar(IAnsiConsole console, ProgressTask task) : ProgressDisplay
    {
        public override void At(long done, long total, string what, TimeSpan remaining)
        {
            task.MaxValue = total;
            task.Value = done;
            task.Description = Markup.Escape($"{what}, {Left(remaining)}");
        }

        public override void Line(string text) => console.WriteLine(text);
    }

    private sealed class Lines(TextWriter error) : ProgressDisplay
    {
        private readonly Stopwatch sinceLast = Stopwatch.StartNew();

        public override void At(long done, long total, string what, TimeSpan remaining)
        {
            if (sinceLast.Elapsed >= BetweenLines) Line($"{what}, {Left(remaining)}");
        }

        public override void Line(string text)
        {
            sinceLast.Restart();
            error.WriteLine(text);
        }
    }
}
