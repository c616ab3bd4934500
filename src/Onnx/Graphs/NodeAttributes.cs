using System.Diagnostics.CodeAnalysis;
using Graft.Onnx.Protocol;

namespace Graft.Onnx;

/// <summary>The attributes of a node, by name.</summary>
internal sealed class NodeAttributes(IEnumerable<AttributeProto> attributes)
{
    private readonly Dictionary<string, AttributeProto> byName = ByName(attributes);

    /// <summary>All of them.</summary>
    public IEnumerable<AttributeProto> All => byName.Values;

    public bool Has(string name) => byName.ContainsKey(name);

    public bool TryGet(string name, [NotNullWhen(true)] out AttributeProto? attribute) => byName.TryGetValue(name, out attribute);

    public long Int(string name, long otherwise = 0) => byName.TryGetValue(name, out var found) ? found.I : otherwise;

    public bool Flag(string name, bool otherwise = false) => Int(name, otherwise ? 1 : 0) != 0;

    public float Float(string name, float otherwise = 0) => byName.TryGetValue(name, out var found) ? found.F : otherwise;

    public string Text(string name, string otherwise = "") => byName.TryGetValue(name, out var found) ? found.S.ToStringUtf8() : otherwise;

    public long[]? Ints(string name) => byName.TryGetValue(name, out var found) ? [.. found.Ints] : null;

    public float[]? Floats(string name) => byName.TryGetValue(name, out var found) ? [.. found.Floats] : null;

    public string[]? Texts(string name) => byName.TryGetValue(name, out var found) ? [.. found.Strings.Select(text => text.ToStringUtf8())] : null;

    private static Dictionary<string, AttributeProto> ByName(IEnumerable<AttributeProto> attributes)
    {
        var byName = new Dictionary<string, AttributeProto>(StringComparer.Ordinal);
        foreach (var attribute in attributes) byName.TryAdd(attribute.Name, attribute);
        return byName;
    }
}
