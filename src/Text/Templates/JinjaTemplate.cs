namespace Graft.Text.Templates;

/// <summary>A template in the part of Jinja's language that chat templates use, with the settings of Hugging Face (<c>trim_blocks</c>, <c>lstrip_blocks</c>, no
/// escapes of HTML, <c>tojson</c> as Python writes JSON, <c>break</c> and <c>continue</c>).</summary>
/// <remarks>It never changes: any number of threads may render it. What it may do is bounded, since it comes from strangers.</remarks>
internal sealed class JinjaTemplate
{
    /// <summary>Longer ones are no chat templates.</summary>
    public const int Longest = 1 << 20;

    private readonly Block body;

    private JinjaTemplate(Block body) => this.body = body;

    /// <exception cref="TemplateException">It is no template, or has a tag that is not supported.</exception>
    public static JinjaTemplate Parse(string source) => source.Length <= Longest
        ? new JinjaTemplate(TemplateParser.Read(source)) : throw new TemplateException(1, $"a template of {source.Length} letters is too long: {Longest} are the most");

    /// <param name="variables">What it knows.</param>
    /// <param name="now">What time it is.</param>
    /// <exception cref="TemplateException">It does what is not supported or not possible, or complains of what it was given.</exception>
    public string Render(IEnumerable<KeyValuePair<string, object?>> variables, Func<DateTime> now)
    {
        var run = new Run(now);
        var outer = new Frame(run);
        foreach (var (name, value) in variables) outer.Set(name, value);
        try
        {
            body.Run(outer);
        }
        catch (InsufficientExecutionStackException)
        {
            throw run.Fail("it is nested too deeply");
        }
        return run.Output.ToString();
    }
}
