namespace Graft.Tasks;

/// <summary>Opens pictures of which nobody says what they show.</summary>
public static class UnlabelledImages
{
    /// <summary>Lists the pictures of a folder and those below it, or those of a NumPy archive (<c>.npz</c>); none is decoded yet.</summary>
    /// <param name="path">The folder or the archive.</param>
    /// <param name="split">The part of an archive; null for the one to evaluate on or an archive without parts.</param>
    /// <param name="notes">Records the files that are skipped.</param>
    /// <exception cref="ImageException">The folder or archive cannot be used, or has no pictures.</exception>
    public static IImageDataset Open(string path, string? split = null, ListingNotes? notes = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (LabelledData.IsArchive(path)) return LabelledData.Pictures(path, split);
        if (!Directory.Exists(path)) throw new ImageException(path, File.Exists(path) ? "is a file, and neither a folder of pictures nor an archive" : "there is no such folder");
        try
        {
            var files = ImageFolder.Pictures(path, notes ??= new ListingNotes());
            return files.Count > 0 ? new ImageFiles(files)
                : throw new ImageException(path, $"has no pictures ({ImageFileNames.Listed}){(notes.Unread.Length == 0 ? "" : $"; there are {notes.Unread}")}");
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException and not ImageException)
        {
            throw new ImageException(path, $"cannot be listed ({exception.Message})", exception);
        }
    }
}
