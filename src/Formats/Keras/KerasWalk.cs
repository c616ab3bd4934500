namespace Graft.Formats;

/// <summary>Collects the variables below a group, layers and their weights in the order in which Keras made them.</summary>
internal sealed class KerasWalk(CheckpointFile file, string[] passedOver)
{
    private const int MostDepth = 24;
    private const int LongestPath = 4096;

    // names that are longer are read, but have no place
    private const int LongestPlaced = 256;
    private const int MostPlacedLevels = 8;

    private readonly List<KerasVariable> variables = [];

    // Groups are sorted by name in the file; the order of layers and of their weights is an attribute above them.
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);

    public List<KerasVariable> Run(Hdf5Object group, List<(string Name, long Address)> members)
    {
        Walk(group, members, "", depth: 0);
        return variables;
    }

    private void Walk(Hdf5Object group, List<(string Name, long Address)> members, string path, int depth)
    {
        if (depth == MostDepth) throw file.Fail($"damaged: its groups lie deeper than {MostDepth}; fetch it again");
        long most = 64 + file.Length / 64;
        foreach (string attribute in (string[])["layer_names", "weight_names"])
            foreach (string text in Texts(group, attribute)) AddPlaces(path, text);
        foreach (var (name, address) in members.OrderBy(member => Place(path, member.Name)))
        {
            if (depth == 0 && passedOver.Contains(name)) continue;
            var member = Hdf5Object.Read(group.Bytes, address);
            string memberPath = Join(path, name);
            if (memberPath.Length > LongestPath) throw file.Fail($"damaged: a path of {memberPath.Length} characters; fetch it again");
            if (!member.IsDataset) Walk(member, Hdf5Group.Members(member), memberPath, depth + 1);
            else if (variables.Count == most) throw file.Fail($"damaged: more than {most} data sets in {file.Length} bytes; fetch it again");
            else variables.Add(new KerasVariable(memberPath, Hdf5Dataset.Read(member, memberPath)));
        }
    }

    // A weight's name leads through groups, which take its place.
    private void AddPlaces(string path, string name)
    {
        if (name.Length > LongestPlaced) return;
        int place = places.Count, end = name.IndexOf('/');
        for (int level = 0; level < MostPlacedLevels && end > 0; level++, end = name.IndexOf('/', end + 1)) places.TryAdd(Join(path, name[..end]), place);
        places.TryAdd(Join(path, name), place);
    }

    private int Place(string path, string name) => places.TryGetValue(Join(path, name), out int place) ? place
        : int.TryParse(name, out int number) && number >= 0 ? number : int.MaxValue;

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}/{name}";

    // A list that is too long for one attribute is in several: layer_names0, layer_names1.
    private static IEnumerable<string> Texts(Hdf5Object group, string name)
    {
        if (Hdf5Attributes.Texts(group, name) is { } texts) return texts;
        var all = new List<string>();
        for (int part = 0; Hdf5Attributes.Texts(group, $"{name}{part}") is { } more; part++) all.AddRange(more);
        return all;
    }
}
