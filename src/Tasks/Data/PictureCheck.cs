namespace Graft.Tasks;

/// <summary>Decodes every picture once before a training, so that one that cannot be read is not found after an hour.</summary>
internal static class PictureCheck
{
    private const int Named = 3;

    /// <summary>The pictures that cannot be read, by index.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="transforms">Their preprocessing.</param>
    /// <param name="threads">The number of threads.</param>
    /// <param name="counted">Reports each picture that was looked at, from one thread at a time.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static SortedList<int, ImageException> Run(
        IImageDataset pictures, ImageTransforms transforms, int threads, Action? counted, CancellationToken cancellation)
    {
        var unreadable = new SortedList<int, ImageException>();
        var gate = new Lock();
        Parallel.For(0, pictures.Count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, index =>
        {
            ImageException? problem = null;
            try
            {
                _ = transforms.Prepare(pictures.Load(index), pictures.Name(index));
            }
            catch (ImageException exception)
            {
                problem = exception;
            }
            lock (gate)
            {
                if (problem is not null) unreadable.Add(index, problem);
                counted?.Invoke();
            }
        });
        return unreadable;
    }

    /// <summary>What is left without the pictures that cannot be read.</summary>
    /// <param name="pictures">All pictures.</param>
    /// <param name="unreadable">Those that cannot be read.</param>
    /// <param name="everyClass">Whether something has to be left of every class, because it could not be learnt otherwise.</param>
    /// <exception cref="ImageException">Nothing is left, or nothing of a class.</exception>
    public static LabelledImages Rest(LabelledImages pictures, SortedList<int, ImageException> unreadable, bool everyClass)
    {
        if (unreadable.Count == 0) return pictures;
        var rest = pictures.Without(unreadable.Keys);
        if (rest.Count == 0)
            throw new ImageException(pictures.Root, $"none of the pictures can be read: {Summary(unreadable)}");
        var left = Enumerable.Range(0, rest.Count).Select(rest.Label).ToHashSet();
        var lost = Enumerable.Range(0, pictures.Count).Select(pictures.Label).Distinct().Where(label => !left.Contains(label)).ToList();
        if (everyClass && lost.Count > 0)
            throw new ImageException(
                pictures.Root,
                $"none of the pictures of the class {string.Join(", ", lost.Select(label => pictures.ClassNames[label]))} can be read: {Summary(unreadable)}");
        return rest;
    }

    /// <summary>The first few, and how many more there are.</summary>
    public static string Summary(SortedList<int, ImageException> unreadable) =>
        string.Join("; ", unreadable.Values.Take(Named).Select(static problem => problem.Message))
        + (unreadable.Count > Named ? $" and {unreadable.Count - Named} more" : "");
}
