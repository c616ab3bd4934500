using System.Text.RegularExpressions;

namespace Graft.Transfer;

/// <summary>A regular expression in Python's spelling that has to fit a whole name; it may come from a file, so that it is given up where it
/// takes long.</summary>
internal sealed class NamePattern
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly string pattern;
    private readonly Regex expression;

    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    public NamePattern(string pattern)
    {
        this.pattern = pattern;
        string whole = @"\A(?:" + pattern.Replace("(?P<", "(?<", StringComparison.Ordinal) + @")\z";
        try
        {
            expression = Made(whole);
        }
        catch (ArgumentException exception)
        {
            throw new ArgumentException($"'{Printable.Text(pattern)}' is no regular expression: {Printable.Text(exception.Message)}", exception);
        }
    }

    /// <exception cref="ArgumentException">It takes too long.</exception>
    public bool Matches(string name)
    {
        try
        {
            return expression.IsMatch(name);
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new ArgumentException($"'{Printable.Text(pattern)}' takes more than a second on '{Printable.Text(name)}': give a simpler expression", exception);
        }
    }

    private static Regex Made(string whole)
    {
        try
        {
            return new Regex(whole, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Longest);
        }
        catch (NotSupportedException)
        {
            // it looks ahead or behind, or back
            return new Regex(whole, RegexOptions.CultureInvariant, Longest);
        }
    }
}
