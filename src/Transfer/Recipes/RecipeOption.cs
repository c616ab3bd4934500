using System.Runtime.CompilerServices;
using System.Text.Json;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>One option of a recipe. Its member in JSON, its option on the command line and its check come from here.</summary>
/// <typeparam name="TRecipe">The recipe.</typeparam>
/// <remarks><see cref="RecipeOption.Of"/> makes one of a number, a text or a choice; an option of another form derives from this. It is not
/// changed once it is made, so that any number of threads may use it.</remarks>
public abstract class RecipeOption<TRecipe>
{
    /// <summary>Makes an option.</summary>
    /// <param name="name">Its name on a command line; null where it is in the file alone.</param>
    /// <param name="key">Its member's name in JSON.</param>
    /// <param name="help">What it says, in a sentence.</param>
    protected RecipeOption(string? name, string key, string help) => (Name, Key, Help) = (name, key, help);

    /// <summary>Its name on a command line, such as "--learning-rate"; null where it is in the file alone.</summary>
    public string? Name { get; }

    /// <summary>Its member's name in JSON, such as "learning_rate".</summary>
    public string Key { get; }

    /// <summary>What it says, in a sentence.</summary>
    public string Help { get; }

    /// <summary>What help calls the value.</summary>
    public virtual string HelpName => "";

    /// <summary>What a value is, after "is": "a number above 0".</summary>
    public virtual string Rule => "";

    /// <summary>The words that a value may be; empty where it is no choice among words.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>Another member that a file of an older version may have, which counts before this one; null for none.</summary>
    public string? OlderKey { get; init; }

    /// <summary>Whether a file without the member is refused.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether another value may give other weights. A run that was stopped goes on with another value of an option that does not.</summary>
    public bool ChangesResult { get; init; } = true;

    /// <summary>The option's text in a recipe; null where it is not set there.</summary>
    /// <param name="recipe">The recipe.</param>
    public virtual string? TextIn(TRecipe recipe) => null;

    /// <summary>The recipe with the option as a text says.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="text">The option's text.</param>
    /// <param name="changed">The recipe with it.</param>
    /// <returns>Whether the text is a value that the rule allows.</returns>
    public virtual bool TryParse(TRecipe recipe, string text, out TRecipe changed)
    {
        changed = recipe;
        return false;
    }

    /// <summary>The complaint that a text is no value of the option: "--momentum is a number in [0, 1), not '1'".</summary>
    /// <param name="text">The text.</param>
    public string Refusal(string text) =>
        $"{Name ?? Key} is {Rule}{(text.Length == 0 ? "" : $", not '{Printable.Whole(text)}'{NearName.Hint(text, Words)}")}";

    /// <summary>Refuses a value that the rule does not allow.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <exception cref="ArgumentOutOfRangeException">It does not.</exception>
    public abstract void Validate(TRecipe recipe);

    /// <summary>The recipe with the option as a file has it; as it is where the file does not have it.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="members">The file's members.</param>
    /// <exception cref="CheckpointException">The file has something else than a value.</exception>
    public abstract TRecipe Read(TRecipe recipe, JsonObjectReader members);

    /// <summary>Writes the option's member; nothing where it is not set.</summary>
    /// <param name="writer">Writes the file's object.</param>
    /// <param name="recipe">The recipe.</param>
    public abstract void Write(Utf8JsonWriter writer, TRecipe recipe);
}

/// <summary>Makes the options of recipes.</summary>
public static class RecipeOption
{
    /// <summary>A row of a recipe's table.</summary>
    /// <param name="name">Its name on a command line; null for none.</param>
    /// <param name="key">Its member's name in JSON.</param>
    /// <param name="kind">What values it has.</param>
    /// <param name="get">The value in a recipe.</param>
    /// <param name="set">The recipe with another value.</param>
    /// <param name="help">What it says, in a sentence.</param>
    /// <param name="olderKey">Another member that a file of an older version may have, which counts before this one.</param>
    /// <param name="isRequired">Whether a file without the member is refused.</param>
    /// <param name="absent">The recipe that a file without the member means, where that is not the default.</param>
    /// <param name="changesResult">Whether another value may give other weights.</param>
    /// <param name="property">What a refused value's exception names.</param>
    public static RecipeOption<TRecipe> Of<TRecipe, T>(
        string? name, string key, RecipeKind<T> kind, Func<TRecipe, T> get, Func<TRecipe, T, TRecipe> set, string help, string? olderKey = null,
        bool isRequired = false, Func<TRecipe, TRecipe>? absent = null, bool changesResult = true, [CallerArgumentExpression(nameof(get))] string property = "") =>
        new Row<TRecipe, T>(name, key, kind, get, set, help, absent, property[(property.LastIndexOf('.') + 1)..])
        {
            OlderKey = olderKey,
            IsRequired = isRequired,
            ChangesResult = changesResult,
        };

    /// <summary>An option of a recipe that is a part of another.</summary>
    internal static RecipeOption<TOuter> Within<TOuter, TInner>(
        RecipeOption<TInner> inner, Func<TOuter, TInner> get, Func<TOuter, TInner, TOuter> set) => new Part<TOuter, TInner>(inner, get, set)
        {
            OlderKey = inner.OlderKey,
            IsRequired = inner.IsRequired,
            ChangesResult = inner.ChangesResult,
        };

    private sealed class Row<TRecipe, T>(
        string? name, string key, RecipeKind<T> kind, Func<TRecipe, T> get, Func<TRecipe, T, TRecipe> set, string help,
        Func<TRecipe, TRecipe>? absent, string property) : RecipeOption<TRecipe>(name, key, help)
    {
        public override string HelpName => kind.HelpName;

        public override string Rule => kind.Rule;

        public override IReadOnlyList<string> Words => kind.Words;

        public override string? TextIn(TRecipe recipe) => kind.Format(get(recipe));

        public override bool TryParse(TRecipe recipe, string text, out TRecipe changed)
        {
            bool parses = kind.Parse(text, out var value);
            changed = parses ? set(recipe, value!) : recipe;
            return parses;
        }

        public override void Validate(TRecipe recipe)
        {
            bool isAllowed = kind.Allows is { } allows ? allows(get(recipe)) : TextIn(recipe) is not { } text || kind.Parse(text, out _);
            if (!isAllowed) throw new ArgumentOutOfRangeException(property, get(recipe), $"{property} is {kind.Rule}");
        }

        public override TRecipe Read(TRecipe recipe, JsonObjectReader members)
        {
            string member = OlderKey is { } older && members.TryGet(older, out _) ? older : Key;
            if (!members.TryGet(member, out var value)) return absent is null ? recipe : absent(recipe);
            var expected = kind.IsText ? JsonValueKind.String : JsonValueKind.Number;
            if (value.ValueKind != expected || !TryParse(recipe, kind.IsText ? value.GetString()! : value.GetRawText(), out var read))
                throw members.Wrong(member, value, kind.Rule);
            return read;
        }

        public override void Write(Utf8JsonWriter writer, TRecipe recipe)
        {
            if (TextIn(recipe) is not { } text) return;
            writer.WritePropertyName(Key);
            if (kind.IsText) writer.WriteStringValue(text);
            else writer.WriteRawValue(text);
        }
    }

    private sealed class Part<TOuter, TInner>(RecipeOption<TInner> inner, Func<TOuter, TInner> get, Func<TOuter, TInner, TOuter> set)
        : RecipeOption<TOuter>(inner.Name, inner.Key, inner.Help)
    {
        public override string HelpName => inner.HelpName;

        public override string Rule => inner.Rule;

        public override IReadOnlyList<string> Words => inner.Words;

        public override string? TextIn(TOuter recipe) => inner.TextIn(get(recipe));

        public override bool TryParse(TOuter recipe, string text, out TOuter changed)
        {
            bool parses = inner.TryParse(get(recipe), text, out var part);
            changed = set(recipe, part);
            return parses;
        }

        public override void Validate(TOuter recipe) => inner.Validate(get(recipe));

        public override TOuter Read(TOuter recipe, JsonObjectReader members) => set(recipe, inner.Read(get(recipe), members));

        public override void Write(Utf8JsonWriter writer, TOuter recipe) => inner.Write(writer, get(recipe));
    }
}
