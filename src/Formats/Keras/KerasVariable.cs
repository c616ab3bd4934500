namespace Graft.Formats;

/// <summary>A variable of a Keras file.</summary>
/// <param name="Path">The groups that lead to it and its own name, joined by '/', below the weights' group.</param>
/// <param name="Data">Its elements.</param>
internal sealed record KerasVariable(string Path, Hdf5Dataset Data)
{
    /// <summary>The group that holds it.</summary>
    public string Group => Path[..Math.Max(0, Path.LastIndexOf('/'))];

    /// <summary>Its name in that group, without TensorFlow's output number: <c>kernel</c> of <c>kernel:0</c>.</summary>
    public string Name
    {
        get
        {
            string name = Path[(Path.LastIndexOf('/') + 1)..];
            int colon = name.LastIndexOf(':');
            return colon > 0 && name[(colon + 1)..].All(char.IsAsciiDigit) ? name[..colon] : name;
        }
    }

    public bool IsNumbered => Name.Length > 0 && Name.All(char.IsAsciiDigit);
}
