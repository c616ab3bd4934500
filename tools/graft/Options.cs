using System.CommandLine;
using System.Globalization;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>Makes options that refuse a bad value before any work begins.</summary>
internal static class Options
{
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON object on standard output." };

    public static Option<ulong> Seed(string description = "The seed of everything that is drawn.", ulong preset = 0) => Parsed<ulong>(
        "--seed", "N", description, "a whole number from 0 up",
        static text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : null, preset);

    public static Option<int> WholeNumber(string name, string description, int least, int? preset, int most = int.MaxValue) => Parsed(
        name, "N", description, most == int.MaxValue ? $"a whole number from {least} up" : $"a whole number from {least} to {most}",
        text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most ? value : null,
        preset);

    /// <summary>Any number that is finite.</summary>
    public static Option<double> Number(string name, string helpName, string description) => Parsed<double>(
        name, helpName, description, "a number",
        static text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null, null);

    /// <summary>An option of a recipe, by its row of the library's table.</summary>
    public static Option<string> Of<TRecipe>(RecipeOption<TRecipe> row, string name, TRecipe defaults)
    {
        var option = new Option<string>(name) { Description = row.Help, HelpName = row.HelpName, Arity = ArgumentArity.ExactlyOne };
        option.CustomParser = result =>
        {
            string given = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (!row.TryParse(defaults, given, out _)) result.AddError(row.Refusal(given));
            return given;
        };
        if (row.Words.Count > 0) option.CompletionSources.Add([.. row.Words]);
        if (row.TextIn(defaults) is { } preset) option.DefaultValueFactory = _ => preset;
        return option;
    }

    /// <summary>One of a few words.</summary>
    public static Option<string> Choice(string name, string description, IReadOnlyList<string> choices, string? preset)
    {
        var option = new Option<string>(name) { Description = description, HelpName = string.Join('|', choices), Arity = ArgumentArity.ExactlyOne };
        option.CustomParser = result =>
        {
            string given = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (choices.Contains(given)) return given;
            result.AddError($"{name} is {string.Join(", ", choices.SkipLast(1))} or {choices[^1]}, not '{Printable.Whole(given)}'{NearName.Hint(given, choices)}");
            return "";
        };
        option.CompletionSources.Add([.. choices]);
        if (preset is not null) option.DefaultValueFactory = _ => preset;
        return option;
    }

    /// <summary>Names with commas between them, each of them once.</summary>
    public static Option<string[]> Names(string name, string helpName, string description)
    {
        var option = new Option<string[]>(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.ExactlyOne };
        option.CustomParser = result =>
        {
            string[] names = [.. (result.Tokens.Count == 1 ? result.Tokens[0].Value : "").Split(',').Select(static part => part.Trim())];
            if (names.Any(static part => part.Length == 0)) result.AddError($"{name} needs names with commas between them, and one is empty");
            else if (names.Distinct().Count() < names.Length) result.AddError($"{name} has a name twice");
            return names;
        };
        return option;
    }

    /// <summary>The path of a file or folder; that it is not empty is all that is known of it here.</summary>
    public static Option<string> FilePath(string name, string helpName, string description, bool required = false) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Required = required,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (string.IsNullOrWhiteSpace(text)) result.AddError($"{name} needs the path of a file or folder");
            return text;
        },
    };

    /// <summary>The option's value where it was given or has a preset; null otherwise.</summary>
    public static T? Find<T>(this ParseResult parsed, Option<T> option) where T : struct => parsed.GetResult(option) is null ? null : parsed.GetValue(option);

    private static Option<T> Parsed<T>(string name, string helpName, string description, string rule, Func<string, T?> parse, T? preset) where T : struct
    {
        var option = new Option<T>(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.ExactlyOne };
        option.CustomParser = result =>
        {
            if (result.Tokens is [var token] && parse(token.Value) is { } value) return value;
            string given = result.Tokens.Count == 0 ? "" : $", not '{Printable.Whole(result.Tokens[0].Value)}'";
            result.AddError($"{name} is {rule}{given}");
            return default;
        };
        if (preset is { } number) option.DefaultValueFactory = _ => number;
        return option;
    }
}
