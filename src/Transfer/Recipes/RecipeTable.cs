using System.Collections;
using System.Text.Json;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>All options of a recipe. What reads, writes, checks or asks for a recipe goes through them, so that a new option is one
/// row here beside the property that it sets.</summary>
/// <typeparam name="TRecipe">The recipe.</typeparam>
public sealed class RecipeTable<TRecipe> : IReadOnlyList<RecipeOption<TRecipe>>
{
    private readonly RecipeOption<TRecipe>[] options;

    /// <summary>Takes the rows in the order of help and of files.</summary>
    /// <param name="options">The rows.</param>
    /// <exception cref="ArgumentException">Two rows have the same name or key.</exception>
    public RecipeTable(params IEnumerable<RecipeOption<TRecipe>> options)
    {
        this.options = [.. options];
        if (Keys.GroupBy(static key => key).FirstOrDefault(static same => same.Count() > 1) is { } key)
            throw new ArgumentException($"two options of a recipe have the key '{key.Key}'");
        if (this.options.Select(static option => option.Name).OfType<string>().GroupBy(static name => name).FirstOrDefault(static same => same.Count() > 1) is { } name)
            throw new ArgumentException($"two options of a recipe are called '{name.Key}'");
    }

    /// <inheritdoc/>
    public int Count => options.Length;

    /// <summary>The members that a file may have, those of older versions included.</summary>
    public IEnumerable<string> Keys => options.Select(static option => option.Key).Concat(options.Select(static option => option.OlderKey).OfType<string>());

    /// <inheritdoc/>
    public RecipeOption<TRecipe> this[int index] => options[index];

    /// <inheritdoc/>
    public IEnumerator<RecipeOption<TRecipe>> GetEnumerator() => options.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The same options of a recipe that this one is a part of.</summary>
    /// <param name="get">The part.</param>
    /// <param name="set">The whole with another part.</param>
    public IEnumerable<RecipeOption<TOuter>> Within<TOuter>(Func<TOuter, TRecipe> get, Func<TOuter, TRecipe, TOuter> set) =>
        options.Select(option => RecipeOption.Within(option, get, set));

    /// <summary>Refuses a recipe with a value that its option's rule does not allow.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <exception cref="ArgumentOutOfRangeException">The exception names the property and the rule.</exception>
    public void Validate(TRecipe recipe)
    {
        foreach (var option in options) option.Validate(recipe);
    }

    /// <summary>Reads a recipe out of a file's members.</summary>
    /// <param name="members">The file's members.</param>
    /// <param name="recipe">What the recipe is where the file says nothing.</param>
    /// <exception cref="CheckpointException">A member is no value of its option, or one that has to be there is not.</exception>
    public TRecipe Read(JsonObjectReader members, TRecipe recipe)
    {
        foreach (var option in options) recipe = option.Read(recipe, members);
        foreach (var option in options)
            if (option.IsRequired && !members.TryGet(option.Key, out _)) throw members.Missing(option.Key);
        return recipe;
    }

    /// <summary>Writes the options of a recipe as members of the object that is being written.</summary>
    /// <param name="writer">Writes the object.</param>
    /// <param name="recipe">The recipe.</param>
    public void Write(Utf8JsonWriter writer, TRecipe recipe)
    {
        foreach (var option in options) option.Write(writer, recipe);
    }
}
