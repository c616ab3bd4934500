namespace Graft.Tasks;

/// <summary>What pictures are used for, which says what part of an archive is meant where nothing else does.</summary>
public enum DataUse
{
    /// <summary>To learn from.</summary>
    Training,

    /// <summary>To evaluate on while something is learnt.</summary>
    Validation,

    /// <summary>To evaluate on.</summary>
    Evaluation,
}

/// <summary>Opens labelled pictures by a path: a folder with a sub-folder a class, or a NumPy archive (<c>.npz</c>).</summary>
public static class LabelledData
{
    private const string Extension = ".npz";

    private const int MostClasses = 100_000;

    /// <summary>The parts that an archive may have, by their names in it.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "val", "test"];

    /// <summary>Whether a path is that of an archive.</summary>
    /// <param name="path">The path.</param>
    public static bool IsArchive(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path);

    /// <summary>Opens labelled pictures.</summary>
    /// <param name="path">The folder or the archive.</param>
    /// <param name="use">What they are for: what is learnt has pictures of every class.</param>
    /// <param name="split">The part of an archive, one of <see cref="Splits"/>; null for the use's own or an archive without parts.</param>
    /// <param name="classNames">An archive's classes, in index order; null where they are not known.</param>
    /// <exception cref="ImageException">The folder or archive cannot be used.</exception>
    internal static LabelledImages Open(string path, DataUse use, string? split = null, IReadOnlyList<string>? classNames = null)
    {
        if (IsArchive(path)) return Guarded(() => OpenArchive(path, use, split, classNames));
        if (split is not null) throw new ImageException(path, "is no .npz archive, so it has no splits; give the folder of the part that is meant");
        if (classNames is not null) throw new ImageException(path, "is no .npz archive; a folder's classes are called as its sub-folders are");
        return ImageFolder.Open(path, emptyClasses: use != DataUse.Training);
    }

    /// <summary>Whether an archive labels its pictures.</summary>
    /// <param name="path">The archive.</param>
    /// <exception cref="ImageException">The archive cannot be read.</exception>
    public static bool HasLabels(string path) => Guarded(() =>
    {
        using var archive = NumpyArchive.Open(path);
        return Splits.Prepend(null).Any(split => Pairs(DataUse.Evaluation, split).Any(pair => archive.Names.Contains(pair.Labels)));
    });

    /// <summary>An archive's pictures alone; labels in it are not looked at.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="split">The part of it; null for the one to evaluate on or an archive without parts.</param>
    /// <exception cref="ImageException">The archive cannot be used.</exception>
    public static IImageDataset Pictures(string path, string? split) => Guarded(() =>
    {
        using var archive = NumpyArchive.Open(path);
        string name = Pairs(DataUse.Evaluation, split).Select(static pair => pair.Images).FirstOrDefault(archive.Names.Contains) ?? throw Lacks(path, split, archive);
        return (IImageDataset)new NumpyImages(path, archive.Read(name));
    });

    private static LabelledImages OpenArchive(string path, DataUse use, string? split, IReadOnlyList<string>? classNames)
    {
        using var archive = NumpyArchive.Open(path);
        var pair = Pairs(use, split).FirstOrDefault(pair => archive.Names.Contains(pair.Images) && archive.Names.Contains(pair.Labels));
        if (pair.Images is null) throw Lacks(path, split, archive);
        NumpyArray pictures = archive.Read(pair.Images), numbers = archive.Read(pair.Labels);
        int[] labels = Labels(path, numbers, pictures.Shape.Count == 0 ? 0 : pictures.Shape[0]);
        if (labels.Length == 0) throw new NumpyException($"{path}: {pictures} has no pictures");
        int most = labels.Max();
        if (classNames is not null && most >= classNames.Count)
            throw new NumpyException($"{path}: {numbers} has the label {most}, and {classNames.Count} class names were given: 0 to {classNames.Count - 1}");
        string[] names = classNames is null ? [.. Enumerable.Range(0, most + 1).Select(PretrainedInfo.Unnamed)] : [.. classNames];
        var notes = new ListingNotes();
        var present = labels.ToHashSet();
        foreach (string empty in names.Where((_, label) => !present.Contains(label))) notes.AddEmptyClass(empty);
        if (notes.EmptyClasses.Count > 0 && use == DataUse.Training)
            throw new NumpyException($"{path}: {notes.Lines().First()}; labels are numbers from 0 up without gaps");
        return new LabelledImages(path, names, new NumpyImages(path, pictures), labels, notes) { ClassesAreNumbers = classNames is null };
    }

    /// <summary>The class index of each picture, from [N] or [N, 1] integers.</summary>
    /// <exception cref="NumpyException">They are something else.</exception>
    internal static int[] Labels(string path, NumpyArray numbers, int pictures)
    {
        bool single = numbers.Shape is [_] or [_, 1];
        if (!single || numbers.ElementCount != pictures)
            throw new NumpyException($"{path}: {numbers} does not label {pictures} pictures; [{pictures}] or [{pictures}, 1] does, one class a picture");
        int[] labels;
        if (numbers.Type is NumpyType.Float32 or NumpyType.Float64)
        {
            float[] values = numbers.ToSingle();
            if (values.Any(static value => value != MathF.Truncate(value) || MathF.Abs(value) > MostClasses))
                throw new NumpyException($"{path}: {numbers} holds fractions; labels are whole numbers");
            labels = [.. values.Select(static value => (int)value)];
        }
        else
        {
            labels = numbers.ToInt32();
        }
        foreach (int label in labels)
            if (label is < 0 or >= MostClasses) throw new NumpyException($"{path}: {numbers} has the label {label}; labels are numbers from 0 up");
        return labels;
    }

    /// <summary>The array names to look for, in order: without splits, MedMNIST's parts, Keras's.</summary>
    private static IEnumerable<(string Images, string Labels)> Pairs(DataUse use, string? split)
    {
        if (split is null)
        {
            yield return ("images", "labels");
            yield return ("x", "y");
            yield return ("X", "y");
            split = Splits[(int)use];
        }
        yield return ($"{split}_images", $"{split}_labels");
        yield return ($"x_{split}", $"y_{split}");
        yield return ($"X_{split}", $"y_{split}");
    }

    private static NumpyException Lacks(string path, string? split, NumpyArchive archive) => new(
        $"{path}: has no arrays {(split is null ? "'images' and 'labels', nor those of a split" : $"'{split}_images' and '{split}_labels'")}; it has "
        + (archive.Names.Count == 0 ? "none" : string.Join(", ", archive.Names.Take(20))));

    private static T Guarded<T>(Func<T> open)
    {
        try
        {
            return open();
        }
        catch (NumpyException exception)
        {
            throw new ImageException(exception.Message, exception);
        }
    }
}
