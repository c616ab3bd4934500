using Graft.Models;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>The folder that a classifier will be saved to, made and tried out before the work that is to end there.</summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly bool isNew;

    private OutputFolder(string path, bool isNew) => (Path, this.isNew) = (path, isNew);

    /// <summary>The folder as it was given.</summary>
    public string Path { get; }

    /// <summary>Refuses a folder that cannot be written, holds somebody else's files, or lies among the pictures.</summary>
    /// <exception cref="WrongInputException">With what to do instead.</exception>
    public static OutputFolder Prepare(string path, params IEnumerable<string?> pictureFolders)
    {
        string shown = Printable.Text(path), full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (File.Exists(full)) throw new WrongInputException($"--out {shown} is a file: give a folder");
        foreach (string? pictures in pictureFolders)
            if (pictures is not null && IsWithin(full, System.IO.Path.GetFullPath(pictures)))
                throw new WrongInputException($"--out {shown} lies in the folder of pictures, where it would be taken for a class: give another folder");
        bool isForeign = (File.Exists(In(full, BundleConfig.FileName)) || File.Exists(In(full, ClassifierBundle.WeightsFileName)))
            && !File.Exists(In(full, GraftManifest.FileName));
        if (isForeign) throw new WrongInputException($"--out {shown} holds a model that graft did not save and would overwrite: give another folder");

        bool isNew = !Directory.Exists(full);
        try
        {
            Directory.CreateDirectory(full);
            string probe = In(full, $".writable-{Guid.NewGuid():n}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WrongInputException($"--out {shown} cannot be written ({exception.Message})");
        }
        return new OutputFolder(path, isNew);
    }

    /// <summary>Takes the folder away again if it was made for this and nothing came to be in it.</summary>
    public void Dispose()
    {
        if (isNew && Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).Any()) Directory.Delete(Path);
    }

    private static string In(string folder, string file) => System.IO.Path.Combine(folder, file);

    private static bool IsWithin(string path, string folder)
    {
        folder = System.IO.Path.TrimEndingDirectorySeparator(folder);
        return path == folder || path.StartsWith(folder + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }
}
