using System.Runtime.CompilerServices;
using System.Text;

namespace Graft.Text.Templates;

/// <summary>One rendering: what has been written, where it is, and how much it may still do. Templates come from strangers: steps, letters and depth end.</summary>
internal sealed class Run(Func<DateTime> now)
{
    /// <summary>The most nodes that are evaluated: a long conversation needs a thousandth.</summary>
    private const long MostSteps = 10_000_000;

    /// <summary>The most letters and elements that all values and outputs have together.</summary>
    private const long MostLetters = 64L << 20;

    private const int DeepestCall = 100;

    private long steps;
    private long letters;
    private int calls;

    /// <summary>The line of what is being evaluated.</summary>
    public int Line { get; set; } = 1;

    public StringBuilder Output { get; private set; } = new();

    public DateTime Now => now();

    /// <summary>Counts a node.</summary>
    /// <exception cref="TemplateException">There were too many, or they are nested too deeply.</exception>
    public void Step(int line)
    {
        Line = line;
        if (++steps > MostSteps) throw Fail($"the template needs more than {MostSteps} steps, so it is given up");
        RequireStack();
    }

    /// <summary>Counts what a value takes up.</summary>
    /// <exception cref="TemplateException">It was too much.</exception>
    public void Take(long count)
    {
        letters += count;
        if (letters > MostLetters) throw Fail($"the template makes more than {MostLetters} letters, so it is given up");
    }

    /// <summary>Refuses what is nested deeper than a thread's memory allows.</summary>
    public void RequireStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw Fail("it is nested too deeply");
    }

    public TemplateException Fail(string problem) => new(Line, problem);

    public string Made(string text)
    {
        Take(text.Length);
        return text;
    }

    public TemplateList Made(List<object?> items, ListKind kind = ListKind.List)
    {
        Take(items.Count);
        return new TemplateList(items, kind);
    }

    public void Write(string text)
    {
        Take(text.Length);
        Output.Append(text);
    }

    /// <summary>What is written meanwhile, as a text.</summary>
    public string Capture(Action write)
    {
        var outer = Output;
        Output = new StringBuilder();
        try
        {
            write();
            return Output.ToString();
        }
        finally
        {
            Output = outer;
        }
    }

    /// <summary>Calls a macro, as deep as macros may call one another.</summary>
    public string Enter(Action body)
    {
        if (++calls > DeepestCall) throw Fail($"macros call one another more than {DeepestCall} deep");
        try
        {
            return Capture(body);
        }
        finally
        {
            calls--;
        }
    }
}

/// <summary>The names that are known at a place: its own, then those around it, then the globals.</summary>
internal sealed class Frame(Run run, Frame? outer = null)
{
    private readonly Dictionary<string, object?> names = new(StringComparer.Ordinal);

    public Run Run => run;

    public void Set(string name, object? value) => names[name] = value;

    public object? Find(string name)
    {
        for (var frame = this; frame is not null; frame = frame.Outer)
            if (frame.names.TryGetValue(name, out object? value)) return value;
        return Globals.Find(name) is { } function ? function : new Undefined($"'{Printable.Text(name)}' is undefined");
    }

    private Frame? Outer => outer;
}
