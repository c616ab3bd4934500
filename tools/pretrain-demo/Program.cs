using Graft.CommandLine.Demo;
using Graft.Transfer;

namespace Graft.PretrainDemo;

/// <summary>Makes the weights that <c>graft demo</c> starts from.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (args is not [var path] || path.StartsWith('-'))
        {
            Console.Error.WriteLine("pretrain-demo: give the file to write, such as tools/graft/Demo/source-task.safetensors");
            return 2;
        }
        using var interrupt = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = !interrupt.IsCancellationRequested;
            interrupt.Cancel();
        };
        try
        {
            DemoPretraining.Write(path, Console.Error, interrupt.Token);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("pretrain-demo: interrupted; nothing was written");
            return 130;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NonFiniteException)
        {
            Console.Error.WriteLine($"pretrain-demo: {exception.Message}");
            return 1;
        }
    }
}
