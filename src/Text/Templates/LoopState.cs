namespace Graft.Text.Templates;

/// <summary>What <c>loop</c> is within a loop.</summary>
internal sealed class LoopState(List<object?> items)
{
    private List<object?>? changed;

    public int At { get; set; }

    /// <summary>One of its members; null where there is none.</summary>
    public object? Find(string name) => name switch
    {
        "index" => At + 1L,
        "index0" => (long)At,
        "revindex" => (long)items.Count - At,
        "revindex0" => items.Count - At - 1L,
        "first" => At == 0,
        "last" => At == items.Count - 1,
        "length" => (long)items.Count,
        "depth" => 1L,
        "depth0" => 0L,
        "previtem" => At > 0 ? items[At - 1] : new Undefined("there is no previous item"),
        "nextitem" => At + 1 < items.Count ? items[At + 1] : new Undefined("there is no next item"),
        "cycle" => new Callable(name, (run, arguments) => arguments.Values.Count > 0
            ? arguments.Values[At % arguments.Values.Count] : throw run.Fail("loop.cycle has nothing to go through")),
        "changed" => new Callable(name, (_, arguments) =>
        {
            bool isNew = changed is null || !ValueRules.AreEqual(new TemplateList(changed), new TemplateList(arguments.Values));
            changed = [.. arguments.Values];
            return isNew;
        }),
        _ => new Undefined($"'loop' has no attribute '{Printable.Text(name)}'"),
    };
}
