using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>The folder that a model or a report will be saved to.</summary>
internal sealed class OutputFolder : SavePlace
{
    private OutputFolder(string option, string path) : base(option, path)
    {
    }

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
        Require(option, path, full, bytes);
        return new OutputFolder(option, path);
    }

    private static string In(string folder, string file) => System.IO.Path.Combine(folder, file);

    private static bool IsWithin(string path, string folder)
    {
        folder = System.IO.Path.TrimEndingDirectorySeparator(folder);
        return path == folder || path.StartsWith(folder + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }
}
