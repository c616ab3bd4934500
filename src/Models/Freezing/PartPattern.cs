using Graft.Autograd;

namespace Graft.Models;

/// <summary>Parameters chosen by what they are part of, one choice or several with commas between them: of a model a stage (<c>layer1</c>) or
/// a range of stages (<c>layer1..layer3</c>, <c>..layer2</c>, <c>layer3..</c>), of any module keys (<see cref="KeyPattern"/>).</summary>
internal static class PartPattern
{
    private const string Range = "..";

    /// <summary>The parameters, each once.</summary>
    /// <exception cref="ArgumentException">A choice names none.</exception>
    public static IReadOnlyList<Parameter> Select(Module module, string pattern)
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        var chosen = new List<Parameter>();
        foreach (string choice in pattern.Split(',', StringSplitOptions.TrimEntries)) chosen.AddRange(Choose(module, choice));
        return [.. chosen.Distinct()];
    }

    private static IEnumerable<Parameter> Choose(Module module, string choice)
    {
        if (choice.Length == 0) throw new ArgumentException("a choice of parameters is empty: write the name of a stage, a range of stages or a key, with commas between several");
        if (module is not Model model) return KeyPattern.Select(module, choice);
        var stages = model.Stages;
        if (choice.Contains(Range, StringComparison.Ordinal))
        {
            string[] ends = choice.Split(Range, 2);
            int first = ends[0].Length == 0 ? 0 : IndexOf(model, ends[0]), last = ends[1].Length == 0 ? stages.Count - 1 : IndexOf(model, ends[1]);
            if (first > last) throw new ArgumentException($"'{choice}' is no range: {model.Name} has '{ends[1]}' before '{ends[0]}', from stem to head {Names(model)}");
            return stages.Skip(first).Take(last - first + 1).SelectMany(Parameters);
        }
        return stages.FirstOrDefault(stage => stage.Name == choice) is { } named ? Parameters(named) : KeyPattern.Select(module, choice);
    }

    private static IEnumerable<Parameter> Parameters(Stage stage) => stage.Tensors().Where(static tensor => !tensor.IsBuffer);

    private static int IndexOf(Model model, string name)
    {
        for (int i = 0; i < model.Stages.Count; i++)
            if (model.Stages[i].Name == name) return i;
        throw new ArgumentException(
            $"{model.Name} has no stage '{name}'{NearName.Hint(name, model.Stages.Select(static stage => stage.Name))}; from stem to head it has {Names(model)}");
    }

    private static string Names(Model model) => string.Join(", ", model.Stages.Select(static stage => stage.Name));
}
