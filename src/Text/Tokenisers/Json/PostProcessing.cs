using System.Text.Json;

namespace Graft.Text.Tokenisers;

/// <summary>The post-processors of a <c>tokenizer.json</c>: what stands around texts, and whether ranges leave spaces out.</summary>
internal sealed record PostProcessing(Template? Template, bool TrimsRanges)
{
    public static Components<PostProcessing> All { get; } = new("post-processor", new()
    {
        ["Sequence"] = Sequence,
        ["TemplateProcessing"] = static component => new(TemplateOf(component), false),
        ["BertProcessing"] = static component => new(Template.Bert(Special(component, "cls"), Special(component, "sep")), false),
        ["RobertaProcessing"] = static component => new(Template.Roberta(Special(component, "cls"), Special(component, "sep")), component.Json.Flag("trim_offsets") ?? true),
        ["ByteLevel"] = static component => new(null, component.Json.Flag("trim_offsets") ?? true),
    });

    private static PostProcessing Sequence(Component component)
    {
        var steps = All.ReadAll(component, "processors");
        var templates = steps.Where(static step => step.Template is not null).ToArray();
        return templates.Length > 1
            ? throw component.Json.Wrong("processors", $"puts special tokens around texts {templates.Length} times, which is not known here")
            : new PostProcessing(templates.FirstOrDefault()?.Template, steps.Any(static step => step.TrimsRanges));
    }

    /// <summary>The number of a pair of a token and its number.</summary>
    private static int Special(Component component, string name)
    {
        if (!component.Json.TryGet(name, out var pair)) throw component.Json.Missing(name);
        return pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2 && pair[1].ValueKind == JsonValueKind.Number && pair[1].TryGetInt32(out int id) && id >= 0
            ? id : throw component.Json.Wrong(name, pair, "a token and its number");
    }

    private static Template TemplateOf(Component component)
    {
        var specials = new Dictionary<string, int[]>(StringComparer.Ordinal);
        if (component.Inner("special_tokens") is { } map)
            foreach (var member in map.Json.Element.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.Object) throw map.Json.Wrong(Printable.Text(member.Name), member.Value, "a special token");
                var token = new Component(new JsonObjectReader(member.Value, map.File, map.Path), map.File, map.Path);
                var ids = token.Json.Numbers("ids") ?? throw token.Json.Missing("ids");
                if (ids.Any(static id => id is < 0 or > int.MaxValue || id != Math.Floor(id))) throw token.Json.Wrong("ids", "are no tokens' numbers");
                specials[member.Name] = [.. ids.Select(static id => (int)id)];
            }
        var single = Parts(component, "single", specials);
        var pair = component.Json.TryGet("pair", out _) ? Parts(component, "pair", specials) : [.. single, TemplatePart.Text(1, 1)];
        if (single.Count(static part => part.Sequence == 0) != 1 || single.Any(static part => part.Sequence == 1)) throw component.Json.Wrong("single", "does not hold the text A once");
        if (pair.Count(static part => part.Sequence == 0) != 1 || pair.Count(static part => part.Sequence == 1) != 1)
            throw component.Json.Wrong("pair", "does not hold the texts A and B once");
        return new Template(single, pair);
    }

    private static List<TemplatePart> Parts(Component component, string name, Dictionary<string, int[]> specials)
    {
        var parts = new List<TemplatePart>();
        if (component.Json.TryGet(name, out var list) && list.ValueKind == JsonValueKind.String) throw component.Json.Wrong(name, list, "a list of parts");
        foreach (var part in component.All(name))
        {
            if (part.Inner("Sequence") is { } sequence)
            {
                int number = sequence.Text("id") switch { "A" => 0, "B" => 1, var other => throw sequence.Json.Wrong("id", $"is '{Printable.Text(other)}', not A or B") };
                parts.Add(TemplatePart.Text(number, TypeOf(sequence)));
                continue;
            }
            var special = part.Inner("SpecialToken") ?? throw part.Json.Missing("SpecialToken");
            string token = special.Text("id");
            parts.Add(TemplatePart.Special(TypeOf(special), specials.TryGetValue(token, out int[]? ids)
                ? ids : throw special.Json.Wrong("id", $"is '{Printable.Text(token)}', which 'special_tokens' of {component.Path} does not have")));
        }
        return parts;
    }

    private static int TypeOf(Component component)
    {
        int type = component.Json.Integer("type_id") ?? 0;
        return type >= 0 ? type : throw component.Json.Wrong("type_id", $"is {type}");
    }
}
