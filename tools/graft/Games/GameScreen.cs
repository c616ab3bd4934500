using Graft.Reinforcement;
using Spectre.Console;

namespace Graft.CommandLine;

/// <summary>Shows a game on a terminal.</summary>
internal sealed class GameScreen(TextWriter output)
{
    private static readonly TimeSpan BetweenFrames = TimeSpan.FromMilliseconds(30);

    /// <summary>Whether the output is a terminal.</summary>
    public static bool IsThere(TextWriter output) =>
        ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    /// <summary>Does something that shows pictures, one in place of the other.</summary>
    public T Show<T>(Func<Action<GameFrame>, T> play)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        return console.Live(new Markup("")).AutoClear(true).Start(context => play(frame =>
        {
            context.UpdateTarget(CanvasOf(frame));
            Thread.Sleep(BetweenFrames);
        }));
    }

    /// <summary>A picture as characters.</summary>
    internal static Canvas CanvasOf(GameFrame frame)
    {
        var canvas = new Canvas(frame.Width, frame.Height);
        for (int y = 0; y < frame.Height; y++)
        {
            for (int x = 0; x < frame.Width; x++)
            {
                var pixel = frame.Pixels.AsSpan(3 * (frame.Width * y + x), 3);
                canvas.SetPixel(x, y, new Color(pixel[0], pixel[1], pixel[2]));
            }
        }
        return canvas;
    }
}
