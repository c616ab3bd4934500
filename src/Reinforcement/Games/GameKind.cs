using Graft.Models;

namespace Graft.Reinforcement;

/// <summary>A game by the name that command lines give it, with a network that fits it. A new one is a row in <see cref="All"/>; a custom one is made here.</summary>
public sealed class GameKind
{
    private readonly Func<IGame> create;
    private readonly Func<int, ulong, ImageModel> network;

    /// <summary>Describes a game.</summary>
    /// <param name="name">Its name on the command line.</param>
    /// <param name="summary">What it is, in a few words.</param>
    /// <param name="solved">The mean return of 100 episodes at which it counts as solved.</param>
    /// <param name="create">Makes a game.</param>
    /// <param name="network">Makes a network of so many outputs for it, from a seed.</param>
    public GameKind(string name, string summary, double solved, Func<IGame> create, Func<int, ulong, ImageModel> network)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(network);
        (Name, Summary, Solved, this.create, this.network) = (name, summary, solved, create, network);
        Actions = create().Actions;
    }

    /// <summary><see cref="Reinforcement.CartPole"/>.</summary>
    public static GameKind CartPole { get; } = new(
        "cart-pole", "a pole that is to be kept up, four numbers", solved: 475, static () => new CartPole(), static (outputs, seed) => new VectorNetwork(4, outputs, seed: seed));

    /// <summary><see cref="Reinforcement.Catch"/> as <see cref="CatchLook.Plain"/>.</summary>
    public static GameKind Catch { get; } = OfCatch("catch", "balls that are to be caught, pixels", CatchLook.Plain);

    /// <summary><see cref="Reinforcement.Catch"/> as <see cref="CatchLook.Speckled"/>.</summary>
    public static GameKind SpeckledCatch { get; } = OfCatch("catch-speckled", "the same on a speckled ground, with a narrower paddle", CatchLook.Speckled);

    /// <summary>The games known by name.</summary>
    public static IReadOnlyList<GameKind> All { get; } = [CartPole, Catch, SpeckledCatch];

    /// <summary>Its name on the command line: <c>cart-pole</c>.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Summary { get; }

    /// <summary>The mean return of 100 episodes at which it counts as solved.</summary>
    public double Solved { get; }

    /// <summary>What can be done in it.</summary>
    public IReadOnlyList<string> Actions { get; }

    /// <summary>The game of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static GameKind Named(string name) => NearName.Pick(name, All, static kind => kind.Name, "game");

    /// <summary>Makes a game.</summary>
    public IGame Create() => create();

    /// <summary>Makes a network for it that gives an action's score each, and the value of what is seen where it is wanted.</summary>
    /// <param name="hasValue">Whether one more output is the value: policy gradients learn it beside the actions, Q-learning does not.</param>
    /// <param name="seed">The seed of the initial values.</param>
    public ImageModel Network(bool hasValue, ulong seed = 0) => network(Actions.Count + (hasValue ? 1 : 0), seed);

    /// <summary>The name: <c>cart-pole</c>.</summary>
    public override string ToString() => Name;

    private static GameKind OfCatch(string name, string summary, CatchLook look) => new(
        name, summary, solved: 0.9 * look.Balls, () => new Catch(look), static (outputs, seed) => new PixelNetwork(2, Graft.Reinforcement.Catch.Side, outputs, seed: seed));
}
