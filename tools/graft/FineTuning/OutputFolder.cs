using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>The folder that a classifier will be saved to, tried out before the work that is to end there.</summary>
internal sealed class OutputFolder
{
    private readonly string option;

    private OutputFolder(string option, string path) => (this.option, Path) = (option, path);

    /// <summary>The folder as it was given.</summary>
    public string Path { get; }

    /// <summary>Refuses a folder that cannot be written, has no space left, holds other files, or is among the pictures. What does not
    /// exist does not exist afterwards either.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="bytes">About how much will be saved.</param>
    /// <param name="pictureFolders">The folders of pictures.</param>
    /// <exception cref="WrongInputException">With what to do instead.</exception>
    public static OutputFolder Prepare(string path, long bytes, params IEnumerable<string?> pictureFolders) => Prepare("--out", path, bytes, pictureFolders);

    /// <summary>As <see cref="Prepare(string, long, IEnumerable{string})"/>, of a folder that another option gave.</summary>
    /// <param name="option">The option that it was given with.</param>
    /// <param name="path">The folder.</param>
    /// <param name="bytes">About how much will be saved.</param>
    /// <param name="pictureFolders">The folders of pictures.</param>
    /// <exception cref="WrongInputException">With what to do instead.</exception>
    public static OutputFolder Prepare(string option, string path, long bytes, params IEnumerable<string?> pictureFolders)
    {
        string shown = Printable.Whole(path), full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (File.Exists(full)) throw new WrongInputException($"{option} {shown} is a file: give a folder");
        foreach (string? pictures in pictureFolders)
            if (pictures is not null && IsWithin(full, System.IO.Path.GetFullPath(pictures)))
                throw new WrongInputException($"{option} {shown} lies in the folder of pictures, where it would be taken for a class: give another folder");
        // of a save that was ended while its files were moved some are here already and the manifest is not
        bool isForeign = (File.Exists(In(full, ModelFolder.ConfigFileName)) || File.Exists(In(full, ModelFolder.WeightsFileName))) && !ModelFolder.IsSaved(full);
        if (isForeign) throw new WrongInputException($"{option} {shown} holds a model that graft did not save and would overwrite: give another folder");

        var made = new List<string>();
        for (string? folder = full; folder is not null && !Directory.Exists(folder); folder = System.IO.Path.GetDirectoryName(folder)) made.Add(folder);
        try
        {
            Directory.CreateDirectory(full);
            Probe(In(full, $".writable-{Guid.NewGuid():n}"), bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WrongInputException($"{option} {shown} cannot be written: {bytes >> 20} MB are needed there ({exception.Message})");
        }
        finally
        {
            foreach (string folder in made)
                if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
        }
        return new OutputFolder(option, path);
    }

    /// <summary>Saves a model there or, where that fails after all, somewhere else: the work is done and should not be lost.</summary>
    /// <param name="save">Saves it to the folder that it is given.</param>
    /// <returns>The folder that it was saved to, and why it is another than was asked for.</returns>
    /// <exception cref="WorkFailedException">It could be saved nowhere.</exception>
    public (string Folder, string? Problem) Save(Action<string> save)
    {
        string? problem = null;
        string name = $"graft-rescued-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}";
        foreach (string folder in new[] { Path, System.IO.Path.Combine(Environment.CurrentDirectory, name), System.IO.Path.Combine(System.IO.Path.GetTempPath(), name) })
        {
            try
            {
                save(folder);
                return (folder, problem is null ? null : $"{option} {Printable.Whole(Path)} could not be written ({problem}), so it is saved in {Printable.Whole(folder)}");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                problem ??= Shell.Line(exception.Message);
                if (folder != Path && Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
            }
        }
        throw new WorkFailedException($"{option} {Printable.Whole(Path)} could not be written ({problem}), nor the current and the temporary folder, so what was learnt is lost");
    }

    /// <summary>Takes the room that the classifier will need, and gives it back.</summary>
    private static void Probe(string file, long bytes)
    {
        try
        {
            using var room = new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                PreallocationSize = bytes,
            });
            room.WriteByte(0);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string In(string folder, string file) => System.IO.Path.Combine(folder, file);

    private static bool IsWithin(string path, string folder)
    {
        folder = System.IO.Path.TrimEndingDirectorySeparator(folder);
        return path == folder || path.StartsWith(folder + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }
}
