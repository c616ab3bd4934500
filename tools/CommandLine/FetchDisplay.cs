using System.Diagnostics;
using Spectre.Console;

namespace Graft.CommandLine;

/// <summary>Tells on standard error how far downloads are: a bar a file on a terminal, a line every ten seconds elsewhere; nothing where nothing
/// has to be fetched.</summary>
public static class FetchDisplay
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    /// <summary>Runs some work that fetches.</summary>
    /// <param name="error">Standard error.</param>
    /// <param name="work">The work, which is given whom to tell.</param>
    /// <typeparam name="T">What the work gives.</typeparam>
    public static async Task<T> ShowAsync<T>(TextWriter error, Func<IProgress<FetchProgress>, Task<T>> work)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentNullException.ThrowIfNull(work);
        if (!ReferenceEquals(error, Console.Error) || Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") is "dumb")
            return await work(new Lines(error)).ConfigureAwait(false);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        return await console.Progress().AutoClear(true)
            .Columns(
                new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(context => work(new Bars(context))).ConfigureAwait(false);
    }

    private sealed class Bars(ProgressContext context) : IProgress<FetchProgress>
    {
        private readonly Dictionary<string, ProgressTask> tasks = new(StringComparer.Ordinal);

        public void Report(FetchProgress value)
        {
            lock (tasks)
            {
                if (!tasks.TryGetValue(value.File, out var task)) tasks[value.File] = task = context.AddTask(Markup.Escape(Printable.Text(value.File)));
                task.IsIndeterminate = value.Total is null;
                task.MaxValue = value.Total ?? Math.Max(1, value.Done);
                task.Value = value.Done;
            }
        }
    }

    private sealed class Lines(TextWriter error) : IProgress<FetchProgress>
    {
        private readonly Stopwatch sinceLast = Stopwatch.StartNew();

        public void Report(FetchProgress value)
        {
            lock (sinceLast)
            {
                if (sinceLast.Elapsed < BetweenLines) return;
                sinceLast.Restart();
                string of = value.Total is { } total ? $" of {Tables.Megabytes(total)}" : "";
                error.WriteLine($"{Printable.Text(value.File)}: {Tables.Megabytes(value.Done)}{of}");
            }
        }
    }
}
