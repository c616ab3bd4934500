namespace Graft.Hub;

/// <summary>Names from a server or a user that become paths: none of them leads out of the folder that it is meant for.</summary>
internal static class SafePath
{
    /// <summary>The path of a file below a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The name, its parts parted by slashes.</param>
    /// <param name="where">What the name belongs to, for the message.</param>
    /// <exception cref="HubException">The name would leave the folder, or is none.</exception>
    public static string Join(string folder, string name, string where)
    {
        Require(name, where);
        string root = Path.GetFullPath(folder);
        string path = Path.GetFullPath(Path.Combine(root, name.Replace('/', Path.DirectorySeparatorChar)));
        return path.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? path : throw Refused(name, where);
    }

    /// <summary>Refuses a name that is absolute, climbs, names a drive, or holds what no file name does.</summary>
    /// <param name="name">The name, its parts parted by slashes.</param>
    /// <param name="where">What the name belongs to, for the message.</param>
    /// <exception cref="HubException">The name is such.</exception>
    public static void Require(string name, string where)
    {
        if (name.Length is 0 or > 1024) throw Refused(name, where);
        foreach (char letter in name)
            if (letter is '\\' or ':' || char.IsControl(letter)) throw Refused(name, where);
        foreach (string part in name.Split('/'))
            if (part is "" or "." or ".." || part.Length > 255 || part[^1] is ' ' or '.' || part[0] == ' ') throw Refused(name, where);
    }

    private static HubException Refused(string name, string where) => new(
        HubFailure.InvalidName,
        $"{where}: '{Printable.Text(name)}' is no name of a file in it: parts of a path parted by '/', none of them '..', no drive, no '\\' or ':'");
}
