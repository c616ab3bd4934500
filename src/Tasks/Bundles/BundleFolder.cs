using System.Globalization;

namespace Graft.Tasks;

/// <summary>Writes and finds the files of a saved model's folder so that they are all of one save, whenever a process ends: they are
/// written aside, one rename makes them the folder's, and only then do they take the places of the older ones.</summary>
internal static class BundleFolder
{
    /// <summary>Files of a save that is done and not yet in its place; they count before those beside it.</summary>
    private const string Saved = ".saved";

    private const string Partial = ".partial-";

    /// <summary>The file as it was saved last.</summary>
    public static string PathOf(string folder, string file)
    {
        string saved = Path.Combine(folder, Saved, file);
        return File.Exists(saved) ? saved : Path.Combine(folder, file);
    }

    /// <summary>Writes files into a folder, all or none.</summary>
    /// <param name="folder">The folder; made where it is not there.</param>
    /// <param name="write">Writes them into the folder that it is given.</param>
    /// <exception cref="IOException">They cannot be written; older ones are as they were.</exception>
    public static void Write(string folder, Action<string> write)
    {
        string full = Path.GetFullPath(folder);
        if (File.Exists(full)) throw new CheckpointException(folder, "is a file; a classifier is saved as a folder");
        bool isNew = !Directory.Exists(full);
        Directory.CreateDirectory(full);
        Settle(full);
        RemoveStale(full);
        string partial = Path.Combine(full, string.Create(CultureInfo.InvariantCulture, $"{Partial}{Environment.ProcessId}-{Guid.NewGuid():n}"));
        try
        {
            Directory.CreateDirectory(partial);
            write(partial);
            Directory.Move(partial, Path.Combine(full, Saved));
        }
        finally
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
            if (isNew && !Directory.EnumerateFileSystemEntries(full).Any()) Directory.Delete(full);
        }
        Settle(full);
    }

    /// <summary>Brings the files of a finished save to their places.</summary>
    private static void Settle(string folder)
    {
        string saved = Path.Combine(folder, Saved);
        if (!Directory.Exists(saved)) return;
        foreach (string file in Directory.EnumerateFiles(saved)) File.Move(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        Directory.Delete(saved, recursive: true);
    }

    /// <summary>Takes away what processes left that were ended while they saved.</summary>
    private static void RemoveStale(string folder)
    {
        foreach (string partial in Directory.EnumerateDirectories(folder, Partial + "*"))
        {
            string owner = Path.GetFileName(partial)[Partial.Length..].Split('-')[0];
            if (!(int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out int process) && IsRunning(process))) Directory.Delete(partial, recursive: true);
        }
    }

    private static bool IsRunning(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
