using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>Pictures as a command line names them: files, folders for all in and below them, NumPy archives.</summary>
internal static class Pictures
{
    /// <summary>How pictures are read, for the help of the commands that read some.</summary>
    public const string Rules = "Pictures are read as Pillow's convert('RGB') and torchvision read them: EXIF orientation and colour profiles are not applied, "
        + "alpha is dropped and not blended (a transparent GIF pixel has its palette's colour), 16 bits keep the high byte, of an animation the first frame counts; "
        + "pictures of more than 25 million pixels are scaled down while they are read.";

    /// <param name="paths">What the command line names.</param>
    /// <param name="split">The part of an archive that is meant; null for its own choice.</param>
    /// <param name="notes">Reports the files that are skipped.</param>
    /// <exception cref="WrongInputException">A path leads nowhere, or a folder has no pictures.</exception>
    public static IImageDataset List(IEnumerable<string> paths, string? split, ListingNotes notes)
    {
        var sources = new List<IImageDataset>();
        var files = new List<string>();
        foreach (string path in paths)
        {
            string shown = Printable.Whole(path);
            if (LabelledData.IsArchive(path) && File.Exists(path))
            {
                if (files.Count > 0) sources.Add(new ImageFiles([.. files]));
                files.Clear();
                sources.Add(LabelledData.Pictures(path, split));
                continue;
            }
            // a link that leads nowhere is a picture that cannot be read
            if (File.Exists(path) || (!Directory.Exists(path) && new FileInfo(path.Length == 0 ? "." : path).LinkTarget is not null))
            {
                files.Add(path);
                continue;
            }
            if (!Directory.Exists(path)) throw new WrongInputException(Nowhere(path));
            int before = files.Count;
            try
            {
                files.AddRange(ImageFolder.Pictures(path, notes));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new WrongInputException($"{shown} cannot be listed ({exception.Message})");
            }
            if (files.Count == before)
                throw new WrongInputException($"{shown} has no pictures ({ImageFileNames.Listed}){(notes.Unread.Length == 0 ? "" : $"; there are {notes.Unread}")}");
        }
        if (files.Count > 0) sources.Add(new ImageFiles(files));
        return sources is [var only] ? only : new ConcatenatedImages(sources);
    }

    private static string Nowhere(string path) =>
        path.Length == 0 ? "an empty name is no picture"
        : path.StartsWith('-') ? $"there is no option or picture '{Printable.Whole(path)}'"
        : $"{Printable.Whole(path)}: there is no such picture or folder";
}
