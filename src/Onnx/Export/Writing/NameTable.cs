using System.Globalization;

namespace Graft.Onnx.Export;

/// <summary>Names that are given once.</summary>
internal sealed class NameTable
{
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);

    /// <summary>The wanted name, with a number behind it where it is taken.</summary>
    public string Take(string wanted)
    {
        string name = wanted;
        while (!taken.Add(name))
        {
            int count = counts[wanted] = counts.GetValueOrDefault(wanted) + 1;
            name = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{count}");
        }
        return name;
    }
}
