using System.Globalization;

namespace Graft.Tasks;

/// <summary>Notes of a listing of pictures: skipped files and empty classes.</summary>
public sealed class ListingNotes
{
    private const int Named = 10;

    private readonly SortedDictionary<string, int> unread = new(StringComparer.Ordinal), other = new(StringComparer.Ordinal);
    private readonly List<string> emptyClasses = [];

    /// <summary>The classes' folders that hold no picture.</summary>
    public IReadOnlyList<string> EmptyClasses => emptyClasses;

    /// <summary>Pictures beside the class folders, which belong to no class.</summary>
    public int Loose { get; internal set; }

    internal void AddEmptyClass(string name) => emptyClasses.Add(name);

    /// <summary>The number of skipped files, by extension.</summary>
    public IReadOnlyDictionary<string, int> Skipped => new SortedDictionary<string, int>(
        unread.Concat(other).ToDictionary(entry => entry.Key, entry => entry.Value), StringComparer.Ordinal);

    /// <summary>Counts a file that is no picture to be read; hidden ones and a system's own are not counted.</summary>
    /// <param name="path">The file.</param>
    public void Skip(string path)
    {
        if (ImageFileNames.IsForeign(Path.GetFileName(path))) return;
        string extension = Path.GetExtension(path).ToLowerInvariant();
        var counts = ImageFileNames.IsUnreadKind(path) ? unread : other;
        counts[extension] = counts.GetValueOrDefault(extension) + 1;
    }

    /// <summary>The notes in words, a line each.</summary>
    public IEnumerable<string> Lines()
    {
        if (EmptyClasses.Count > 0)
            yield return $"no pictures of the {(EmptyClasses.Count == 1 ? "class" : "classes")} {Some(EmptyClasses)}";
        if (unread.Count > 0) yield return $"passed over: {Unread}";
        if (other.Count > 0)
        {
            string kinds = Some(other.Select(static entry => Counted(entry.Key.Length == 0 ? "without an ending" : entry.Key, entry.Value)));
            yield return $"passed over: {Files(other.Values.Sum(), "other file")} ({kinds})";
        }
        if (Loose > 0) yield return $"passed over: {Files(Loose, "picture")} beside the class folders";
    }

    /// <summary>The pictures of kinds that are not read, in words; empty where there are none.</summary>
    public string Unread => unread.Count == 0 ? ""
        : $"{Files(unread.Values.Sum(), "picture")} of kinds that are not read ({Some(unread.Select(static entry => Counted(entry.Key, entry.Value)))}): convert them to JPEG or PNG";

    private static string Counted(string what, int count) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}");

    private static string Files(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");

    private static string Some(IEnumerable<string> texts)
    {
        string[] all = [.. texts];
        return string.Join(", ", all.Take(Named)) + (all.Length > Named ? $" and {all.Length - Named} more" : "");
    }
}
