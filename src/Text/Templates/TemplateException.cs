namespace Graft.Text.Templates;

/// <summary>What is wrong with a template, or with what it was given.</summary>
#pragma warning disable CA1032 // always with what is wrong
internal sealed class TemplateException : Exception
#pragma warning restore CA1032
{
    /// <param name="line">The template's line, from 1.</param>
    /// <param name="problem">What is wrong there.</param>
    public TemplateException(int line, string problem) : base(FormattableString.Invariant($"line {line}: {problem}"))
    {
    }

    /// <summary>A template's own complaint (<c>raise_exception</c>).</summary>
    public TemplateException(string complaint) : base(complaint) => IsComplaint = true;

    /// <summary>Whether the template itself complains of what it was given.</summary>
    public bool IsComplaint { get; }
}
