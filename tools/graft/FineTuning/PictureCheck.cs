using System.Collections.Concurrent;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>Decodes every picture once before a training, so that a damaged one is not found after an hour.</summary>
internal static class PictureCheck
{
    private const int Named = 3;

    /// <exception cref="WrongInputException">Pictures cannot be used; the message names the first of them.</exception>
    public static void Run(IImageSource pictures, ImageTransforms transforms, int threads, ProgressDisplay display, CancellationToken interrupt)
    {
        var damaged = new ConcurrentBag<(int Index, string Problem)>();
        var count = display.Count(pictures.Count, "checking picture");
        var gate = new Lock();
        Parallel.For(0, pictures.Count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = interrupt }, index =>
        {
            try
            {
                _ = transforms.Prepare(pictures.Load(index), pictures.Name(index));
            }
            catch (ImageException exception)
            {
                damaged.Add((index, Program.Line(exception.Message)));
            }
            lock (gate) count();
        });
        if (damaged.IsEmpty) return;
        var first = damaged.OrderBy(one => one.Index).Take(Named).Select(one => one.Problem);
        string more = damaged.Count > Named ? $" and {damaged.Count - Named} more" : "";
        throw new WrongInputException($"{string.Join("; ", first)}{more}: repair or remove {(damaged.Count == 1 ? "this picture" : "these pictures")}");
    }
}
