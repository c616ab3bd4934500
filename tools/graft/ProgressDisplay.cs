using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Graft.CommandLine;

/// <summary>Tells on standard error how far the work is: a bar on a terminal, plain lines elsewhere.</summary>
internal abstract class ProgressDisplay
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    /// <summary>Pieces of work after which the clock starts.</summary>
    private const long WarmUp = 64;

    /// <summary>Runs some work and displays its progress.</summary>
    public static T Show<T>(TextWriter error, Func<ProgressDisplay, T> work) => IsTerminal(error) ? OnTerminal(error, work) : work(new Lines(error));

    /// <summary>Displays the progress.</summary>
    /// <param name="done">How much is done.</param>
    /// <param name="total">How much there is.</param>
    /// <param name="what">What is being done.</param>
    /// <param name="remaining">How long the rest will take; null where it is not known yet.</param>
    public abstract void At(long done, long total, string what, TimeSpan? remaining);

    /// <summary>Writes a line that stays.</summary>
    public abstract void Line(string text);

    /// <summary>Counts pieces of work: each call of what it gives shows one more of them.</summary>
    public Action Count(long total, string what)
    {
        long done = 0, warm = 0;
        Stopwatch? clock = null;
        return () =>
        {
            done++;
            // The first pictures come late and together, while code is compiled: they say nothing of the others.
            if (clock is null && done > Math.Min(WarmUp, total / 4)) (clock, warm) = (Stopwatch.StartNew(), done);
            double seconds = clock?.Elapsed.TotalSeconds ?? 0;
            bool known = seconds > 0.5 && done > warm;
            At(done, total, string.Create(CultureInfo.InvariantCulture, $"{what} {done}/{total}{(known ? $", {(done - warm) / seconds:0.0}/s" : "")}"),
                known ? TimeSpan.FromSeconds(seconds * (total - done) / (done - warm)) : null);
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

    private static string Left(TimeSpan? remaining) => remaining switch
    {
        null => "",
        { TotalHours: >= 1 } left => string.Create(CultureInfo.InvariantCulture, $", {(long)left.TotalHours}:{left.Minutes:00}:{left.Seconds:00} left"),
        { } left => string.Create(CultureInfo.InvariantCulture, $", {left.Minutes}:{left.Seconds:00} left"),
    };

    private sealed class Bar(IAnsiConsole console, ProgressTask task) : ProgressDisplay
    {
        public override void At(long done, long total, string what, TimeSpan? remaining)
        {
            task.MaxValue = total;
            task.Value = done;
            task.Description = Markup.Escape($"{what}{Left(remaining)}");
        }

        public override void Line(string text) => console.WriteLine(text);
    }

    private sealed class Lines(TextWriter error) : ProgressDisplay
    {
        private readonly Stopwatch sinceLast = Stopwatch.StartNew();

        public override void At(long done, long total, string what, TimeSpan? remaining)
        {
            if (sinceLast.Elapsed >= BetweenLines) Line($"{what}{Left(remaining)}");
        }

        public override void Line(string text)
        {
            sinceLast.Restart();
            error.WriteLine(text);
        }
    }
}
