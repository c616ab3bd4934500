using System.Text;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Labelled pictures on disk, one sub-folder a class (torchvision's <c>ImageFolder</c>): classes and files are sorted by
/// name, code point by code point, so a class has the number that PyTorch gives it.</summary>
/// <remarks>Pictures may lie in folders below a class's. Names that begin with a dot are passed over.</remarks>
internal sealed class ImageFolder : IImageSource
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"];

    private readonly IReadOnlyList<(string Path, int Label)> items;

    private ImageFolder(string root, IReadOnlyList<string> classNames, IReadOnlyList<(string Path, int Label)> items)
    {
        Root = root;
        ClassNames = classNames;
        this.items = items;
    }

    /// <summary>The folder that holds the classes.</summary>
    public string Root { get; }

    /// <summary>The classes' names, by number.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    public int Count => items.Count;

    public IReadOnlyList<(string Path, int Label)> Items => items;

    public int Label(int index) => items[index].Label;

    public string Name(int index) => items[index].Path;

    public RgbImage Load(int index) => ImageDecoder.Decode(items[index].Path);

    /// <summary>Lists a folder; no picture is opened.</summary>
    /// <exception cref="ImageException">There is no such folder, it has no class folders, or a class has no pictures.</exception>
    public static ImageFolder Open(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (File.Exists(root)) throw new ImageException(root, "is a file, not a folder with a sub-folder for each class");
        if (!Directory.Exists(root)) throw new ImageException(root, "there is no such folder");
        try
        {
            return List(root);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException and not ImageException)
        {
            throw new ImageException(root, $"cannot be listed ({exception.Message})", exception);
        }
    }

    /// <summary>Divides the pictures in two, every class in the same proportion; which picture goes where depends on the seed, the
    /// class and the picture's place in it alone. Each part keeps the order of the whole and all class names.</summary>
    /// <param name="fraction">The share of the second part, in (0, 1). Every class with two pictures or more has at least one in
    /// each part; a class of one picture trains.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction lies outside (0, 1).</exception>
    public (ImageFolder Train, ImageFolder Validation) Split(double fraction, ulong seed)
    {
        if (!(fraction > 0 && fraction < 1))
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "the share of pictures held out lies between 0 and 1");
        var stream = new RandomStream(seed, "split");
        var heldOut = new HashSet<int>();
        foreach (var members in Enumerable.Range(0, Count).GroupBy(Label))
        {
            int[] indices = [.. members];
            int count = indices.Length == 1 ? 0 : Math.Clamp((int)Math.Round(indices.Length * fraction), 1, indices.Length - 1);
            int[] order = stream.Permutation(indices.Length, (ulong)members.Key);
            for (int i = 0; i < count; i++) heldOut.Add(indices[order[i]]);
        }
        return (Where(index => !heldOut.Contains(index)), Where(heldOut.Contains));
    }

    /// <summary>The same pictures numbered by another list of classes, a trained model's: a folder may lack some of them.</summary>
    /// <param name="classNames">The classes' names, by number.</param>
    /// <exception cref="ImageException">The folder has a class that is not in the list.</exception>
    public ImageFolder WithClasses(IReadOnlyList<string> classNames)
    {
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int label = 0; label < classNames.Count; label++) known.TryAdd(classNames[label], label);
        var numbers = new int[ClassNames.Count];
        for (int label = 0; label < numbers.Length; label++)
        {
            if (!known.TryGetValue(ClassNames[label], out numbers[label]))
                throw new ImageException(Root, $"the model does not know the class '{ClassNames[label]}'; it knows {string.Join(", ", classNames.Take(20))}"
                    + (classNames.Count > 20 ? $" and {classNames.Count - 20} more" : ""));
        }
        return new ImageFolder(Root, classNames, [.. items.Select(item => (item.Path, numbers[item.Label]))]);
    }

    private ImageFolder Where(Func<int, bool> isWanted) =>
        new(Root, ClassNames, [.. Enumerable.Range(0, Count).Where(isWanted).Select(index => items[index])]);

    private static ImageFolder List(string root)
    {
        var classNames = Directory.EnumerateDirectories(root).Select(path => Path.GetFileName(path)!)
            .Where(IsVisible).Order(CodePointOrder.Instance).ToArray();
        if (classNames.Length == 0)
        {
            bool flat = Directory.EnumerateFiles(root).Any(IsPicture);
            throw new ImageException(root, flat
                ? "the pictures lie in the folder itself; sort them into a sub-folder for each class"
                : "has no sub-folders; there has to be one for each class, with its pictures");
        }
        var items = new List<(string Path, int Label)>();
        var empty = new List<string>();
        for (int label = 0; label < classNames.Length; label++)
        {
            int before = items.Count;
            foreach (string path in Pictures(Path.Combine(root, classNames[label]))) items.Add((path, label));
            if (items.Count == before) empty.Add(classNames[label]);
        }
        if (items.Count == 0)
            throw new ImageException(root, $"no pictures in its {classNames.Length} class folders ({string.Join(", ", Extensions)})");
        if (empty.Count > 0)
            throw new ImageException(root, $"no pictures of the {(empty.Count == 1 ? "class" : "classes")} {string.Join(", ", empty.Take(10))}"
                + $"{(empty.Count > 10 ? $" and {empty.Count - 10} more" : "")} ({string.Join(", ", Extensions)}); add some or remove the folder");
        return new ImageFolder(root, classNames, items);
    }

    /// <summary>The pictures of a folder and those below it in torchvision's order: folders sorted by their whole path, files by
    /// name within each.</summary>
    public static IEnumerable<string> Pictures(string folder)
    {
        var folders = new List<string>();
        Collect(folder, folders);
        return folders.Order(CodePointOrder.Instance).SelectMany(static path =>
            Directory.EnumerateFiles(path).Where(IsPicture).Order(CodePointOrder.Instance));
    }

    private static void Collect(string folder, List<string> folders)
    {
        folders.Add(folder);
        foreach (string child in Directory.EnumerateDirectories(folder))
        {
            if (!IsVisible(Path.GetFileName(child)) || LeadsBack(child)) continue;
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

    private static bool IsVisible(string name) => !name.StartsWith('.');

    private static bool IsPicture(string path) =>
        IsVisible(Path.GetFileName(path)) && Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Python's order of texts. UTF-16's differs from it above U+D800, UTF-8's does not.</summary>
    private sealed class CodePointOrder : IComparer<string>
    {
        public static CodePointOrder Instance { get; } = new();

        public int Compare(string? x, string? y) =>
            Encoding.UTF8.GetBytes(x ?? "").AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y ?? ""));
    }
}
