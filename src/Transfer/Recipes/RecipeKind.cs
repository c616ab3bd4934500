using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Graft.Transfer;

/// <summary>Reads a value from its text, by its rule.</summary>
/// <param name="text">The text.</param>
/// <param name="value">The value, where the text is one.</param>
/// <returns>Whether the text is a value that the rule allows.</returns>
public delegate bool RecipeParser<T>(string text, [MaybeNullWhen(false)] out T value);

/// <summary>A kind of value that an option of a recipe may have: its rule, and how it is written and read.</summary>
/// <remarks>The text is the same on the command line and in JSON, and a value is valid where its text can be read, so the rule is written
/// once.</remarks>
/// <typeparam name="T">The value's type; one that can be null has no text where it is.</typeparam>
public sealed class RecipeKind<T>
{
    /// <summary>Makes a kind.</summary>
    /// <param name="rule">What a value is, after "is": "a number above 0".</param>
    /// <param name="helpName">What help calls the value: "N".</param>
    /// <param name="parse">Reads the text and refuses what the rule does not allow.</param>
    /// <param name="format">The text; null where nothing is set.</param>
    public RecipeKind(string rule, string helpName, RecipeParser<T> parse, Func<T, string?> format)
    {
        ArgumentNullException.ThrowIfNull(parse);
        ArgumentNullException.ThrowIfNull(format);
        (Rule, HelpName, Parse, Format) = (rule, helpName, parse, format);
    }

    /// <summary>What a value is, after "is".</summary>
    public string Rule { get; }

    /// <summary>What help calls the value.</summary>
    public string HelpName { get; }

    /// <summary>Whether JSON holds it as a text; otherwise as a number.</summary>
    public bool IsText { get; init; }

    /// <summary>The words that a value may be; empty where it is no choice among words.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Whether a value that a program sets is allowed; null where that is whether its text can be read.</summary>
    public Func<T, bool>? Allows { get; init; }

    internal RecipeParser<T> Parse { get; }

    internal Func<T, string?> Format { get; }
}

/// <summary>The kinds of values that recipes are made of.</summary>
public static class RecipeKind
{
    /// <summary>A random seed: a 64-bit integer.</summary>
    public static RecipeKind<ulong> Seed { get; } = new(
        "a whole number from 0 up", "N",
        static (string text, out ulong value) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value),
        static value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>An integer from a least one up.</summary>
    /// <param name="least">The least.</param>
    public static RecipeKind<int> WholeNumber(int least) => new(
        $"a whole number from {least} up", "N",
        (string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least,
        static value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A finite number of which a rule holds.</summary>
    /// <param name="rule">The rule in words: "a number above 0".</param>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="helpName">What help calls the value.</param>
    public static RecipeKind<double> Number(string rule, Func<double, bool> holds, string helpName) => new(
        rule, helpName,
        (string text, out double value) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value) && holds(value),
        static value => value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>A text that is not empty, or nothing.</summary>
    /// <param name="rule">What it is in words: "the path of a file".</param>
    /// <param name="helpName">What help calls the value.</param>
    public static RecipeKind<string?> Text(string rule, string helpName) => new(
        rule, helpName,
        static (string text, [MaybeNullWhen(false)] out string? value) => !string.IsNullOrWhiteSpace(value = text),
        static value => value)
    {
        IsText = true,
    };

    /// <summary>One of a few words.</summary>
    /// <param name="choices">The words and what they mean.</param>
    /// <param name="olderWords">Words that are read as well.</param>
    public static RecipeKind<T> Choice<T>(IReadOnlyList<(string Word, T Value)> choices, IReadOnlyList<(string Word, T Value)>? olderWords = null) where T : notnull
    {
        string[] words = [.. choices.Select(static choice => choice.Word)];
        var all = choices.Concat(olderWords ?? []).ToDictionary(static choice => choice.Word, static choice => choice.Value, StringComparer.Ordinal);
        return new RecipeKind<T>(
            $"{string.Join(", ", words.SkipLast(1))} or {words[^1]}", string.Join('|', words), all.TryGetValue,
            value => choices.FirstOrDefault(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Word ?? "")
        {
            IsText = true,
            Words = words,
        };
    }

    /// <summary>The same kind, or nothing.</summary>
    /// <param name="kind">The kind.</param>
    public static RecipeKind<T?> OrNone<T>(this RecipeKind<T> kind) where T : struct
    {
        ArgumentNullException.ThrowIfNull(kind);
        return new RecipeKind<T?>(
            kind.Rule, kind.HelpName,
            (string text, out T? value) =>
            {
                bool parses = kind.Parse(text, out T some);
                value = some;
                return parses;
            },
            value => value is { } some ? kind.Format(some) : null)
        {
            IsText = kind.IsText,
            Words = kind.Words,
        };
    }
}
