using System.Buffers.Binary;
using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>Makes a small table of replacements as SentencePiece carries one: a double array and texts.</summary>
internal static class CharsMap
{
    private static readonly (string From, string To)[] Rules =
    [
        ("ﬁ", "fi"), ("ﬂ", "fl"), ("Ａ", "A"), ("Ｂ", "B"), ("１", "1"),
        ("\u00a0", " "), ("\u3000", " "), ("\t", " "), ("\n", " "), ("\u200b", ""), ("é", "e\u0301"), ("e\u0301", "é"), ("㍿", "株式会社"),
    ];

    public static byte[] Make()
    {
        var blob = new List<byte>();
        var root = new Node();
        foreach (var (from, to) in Rules)
        {
            var node = root;
            foreach (byte next in Encoding.UTF8.GetBytes(from)) node = node.Children.TryGetValue(next, out var child) ? child : node.Children[next] = new Node();
            node.Value = blob.Count;
            blob.AddRange([.. Encoding.UTF8.GetBytes(to), 0]);
        }
        var units = new uint[1 << 15];
        var used = new HashSet<int> { 0 };
        Place(root, 0, units, used);
        int length = used.Max() + 1;
        byte[] map = new byte[4 + 4 * length];
        BinaryPrimitives.WriteUInt32LittleEndian(map, (uint)(4 * length));
        for (int i = 0; i < length; i++) BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(4 + 4 * i), units[i]);
        return [.. map, .. blob];
    }

    // children of a node stand at its base XOR their labels; the value of one that ends a text stands at the base itself
    private static void Place(Node node, int at, uint[] units, HashSet<int> used)
    {
        int[] labels = [.. node.Children.Keys.Select(static label => (int)label)];
        int offset = 1;
        while (used.Contains(at ^ offset) || labels.Any(label => used.Contains(at ^ offset ^ label))) offset++;
        int place = at ^ offset;
        units[at] |= (uint)offset << 10 | (node.Value >= 0 ? 1u << 8 : 0);
        used.Add(place);
        if (node.Value >= 0) units[place] = (uint)node.Value | 1u << 31;
        foreach (int label in labels)
        {
            used.Add(place ^ label);
            units[place ^ label] = (uint)label;
        }
        foreach (var (label, child) in node.Children) Place(child, place ^ label, units, used);
    }

    private sealed class Node
    {
        public SortedDictionary<byte, Node> Children { get; } = [];

        public int Value { get; set; } = -1;
    }
}
