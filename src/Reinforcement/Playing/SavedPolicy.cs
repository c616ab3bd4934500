using Graft.Models;

namespace Graft.Reinforcement;

/// <summary>A network that plays a game, in a safetensors file whose header names the game.</summary>
/// <param name="Game">The game.</param>
/// <param name="Model">The network; the caller's.</param>
/// <param name="HasValue">Whether it gives a value beside the actions' scores.</param>
public sealed record SavedPolicy(GameKind Game, ImageModel Model, bool HasValue)
{
    private const string GameKey = "graft.game", HeadKey = "head.weight";

    /// <summary>Saves a network of <see cref="GameKind.Network"/>.</summary>
    /// <param name="model">The network.</param>
    /// <param name="game">What it plays.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(ImageModel model, GameKind game, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(game);
        model.Save(path, new Dictionary<string, string> { [GameKey] = game.Name });
    }

    /// <summary>Loads a network of a game known by name.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file is damaged, or no such network.</exception>
    public static SavedPolicy Load(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        if (!checkpoint.Metadata.TryGetValue(GameKey, out string? name) || GameKind.All.FirstOrDefault(kind => kind.Name == name) is not { } game)
        {
            throw new CheckpointException(
                path, name is null ? "it names no game, so it was not saved as a policy" : $"it plays '{Printable.Text(name)}', which is no game that is known here");
        }
        long outputs = checkpoint.TryGet(HeadKey, out var head) && head.Lengths.Count == 2 ? head.Lengths[0] : 0;
        if (outputs != game.Actions.Count && outputs != game.Actions.Count + 1)
            throw new CheckpointException(path, $"its head gives {outputs} numbers, and {game} has {game.Actions.Count} actions");
        bool hasValue = outputs == game.Actions.Count + 1;
        var model = game.Network(hasValue);
        try
        {
            model.Load(checkpoint);
            return new SavedPolicy(game, model, hasValue);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
