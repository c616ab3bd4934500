using System.Text;

namespace Graft.Tasks;

/// <summary>Lists labelled pictures on disk, one sub-folder a class (torchvision's <c>ImageFolder</c>): classes and files are sorted
/// by name, code point by code point, so a class has the index that PyTorch's <c>ImageFolder</c> gives it.</summary>
/// <remarks>Pictures may be in folders below a class's. Names that begin with a dot, and what systems leave in folders, are passed
/// over.</remarks>
public static class ImageFolder
{
    private static readonly HashSet<string> Parts = new(StringComparer.OrdinalIgnoreCase)
    {
        "train", "training", "val", "valid", "validation", "test", "testing", "eval", "evaluation", "dev", "holdout",
    };

    /// <summary>Lists a folder; no picture is opened.</summary>
    /// <param name="root">The folder that holds the classes.</param>
    /// <param name="emptyClasses">Whether classes without pictures are allowed: what is evaluated may lack some, what is learnt may
    /// not.</param>
    /// <exception cref="ImageException">There is no such folder, it has no class folders, or there are no pictures of a class.</exception>
    internal static LabelledImages Open(string root, bool emptyClasses = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (File.Exists(root)) throw new ImageException(root, "is a file, not a folder with a sub-folder for each class");
        if (!Directory.Exists(root)) throw new ImageException(root, "there is no such folder");
        try
        {
            return List(root, emptyClasses);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException and not ImageException)
        {
            throw new ImageException(root, $"cannot be listed ({exception.Message})", exception);
        }
    }

    /// <summary>The pictures of a folder and those below it in torchvision's order: folders sorted by their whole path, files by
    /// name within each.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="notes">Records the files that are skipped.</param>
    public static IReadOnlyList<string> Pictures(string folder, ListingNotes notes)
    {
        var folders = new List<string>();
        Collect(folder, folders);
        var pictures = new List<string>();
        foreach (string path in folders.Order(CodePointOrder.Instance).SelectMany(static path => Directory.EnumerateFiles(path).Order(CodePointOrder.Instance)))
        {
            if (ImageFileNames.IsPicture(path)) pictures.Add(path);
            else notes.Skip(path);
        }
        return pictures;
    }

    /// <summary>The names of the folders in a folder that may be classes, sorted.</summary>
    /// <param name="folder">The folder.</param>
    public static string[] Classes(string folder) =>
        [.. Directory.EnumerateDirectories(folder).Select(static path => Path.GetFileName(path)).Where(static name => !ImageFileNames.IsForeign(name)).Order(CodePointOrder.Instance)];

    private static LabelledImages List(string root, bool emptyClasses)
    {
        string[] classNames = Classes(root);
        var notes = new ListingNotes { Loose = Directory.EnumerateFiles(root).Count(ImageFileNames.IsPicture) };
        if (classNames.Length == 0)
            throw new ImageException(root, notes.Loose > 0
                ? "the pictures lie in the folder itself; sort them into a sub-folder for each class"
                : "has no sub-folders; there has to be one for each class, with its pictures");
        RefuseParts(root, classNames);
        var files = new List<string>();
        var labels = new List<int>();
        for (int label = 0; label < classNames.Length; label++)
        {
            var pictures = Pictures(Path.Combine(root, classNames[label]), notes);
            if (pictures.Count == 0) notes.AddEmptyClass(classNames[label]);
            files.AddRange(pictures);
            labels.AddRange(Enumerable.Repeat(label, pictures.Count));
        }
        string unread = notes.Unread.Length == 0 ? "" : $"; there are {notes.Unread}";
        if (files.Count == 0)
            throw new ImageException(root, $"no pictures in its {classNames.Length} class {(classNames.Length == 1 ? "folder" : "folders")} ({ImageFileNames.Listed}){unread}");
        if (notes.EmptyClasses.Count > 0 && !emptyClasses)
            throw new ImageException(root, $"{notes.Lines().First()} ({ImageFileNames.Listed}){unread}; add some or remove the folder");
        return new LabelledImages(root, classNames, new ImageFiles(files), labels, notes);
    }

    /// <summary>A data set's folder with its parts in it is not a folder of classes called train and val.</summary>
    private static void RefuseParts(string root, string[] names)
    {
        if (!names.All(Parts.Contains) || !names.Any(name => Classes(Path.Combine(root, name)).Length > 0)) return;
        string first = names.FirstOrDefault(static name => name.StartsWith("tr", StringComparison.OrdinalIgnoreCase)) ?? names[0];
        throw new ImageException(
            root, $"holds the parts of a data set ({string.Join(", ", names)}), not its classes; give one of them, such as {Path.Combine(root, first)}");
    }

    private static void Collect(string folder, List<string> folders)
    {
        folders.Add(folder);
        foreach (string child in Directory.EnumerateDirectories(folder))
        {
            if (ImageFileNames.IsForeign(Path.GetFileName(child)) || LeadsBack(child)) continue;
            Collect(child, folders);
        }
    }

    /// <summary>Whether a folder is a link to one of its own ancestors; following it would never end.</summary>
    private static bool LeadsBack(string folder)
    {
        if (new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true) is not { } target) return false;
        string own = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        return own.StartsWith(Path.TrimEndingDirectorySeparator(target.FullName) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    /// <summary>Python's order of texts. UTF-16's differs from it above U+D800, UTF-8's does not.</summary>
    private sealed class CodePointOrder : IComparer<string>
    {
        public static CodePointOrder Instance { get; } = new();

        public int Compare(string? x, string? y) =>
            Encoding.UTF8.GetBytes(x ?? "").AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y ?? ""));
    }
}
