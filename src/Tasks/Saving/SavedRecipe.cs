using System.Text.Json;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How a model was trained: everything that is needed to do it again.</summary>
/// <param name="Model">Graft's name of the architecture.</param>
/// <param name="Options">The options, with what a run decides for itself (the batch size, the frozen epochs) as it was decided.</param>
internal sealed record SavedRecipe<TRecipe>(string Model, TRecipe Options)
{
    private const string ModelKey = "model";

    /// <summary>Members that this version does not know, kept as they are.</summary>
    public IReadOnlyDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();

    /// <exception cref="CheckpointException">A member is missing or is no value of its option.</exception>
    public static SavedRecipe<TRecipe> Read(JsonObjectReader members, RecipeTable<TRecipe> table, TRecipe defaults) =>
        new(members.Text(ModelKey) ?? throw members.Missing(ModelKey), table.Read(members, defaults)) { Other = members.Others(table.Keys.Append(ModelKey)) };

    public void Write(Utf8JsonWriter writer, RecipeTable<TRecipe> table)
    {
        writer.WriteString(ModelKey, Model);
        table.Write(writer, Options);
        writer.WriteMembers(Other);
    }
}
