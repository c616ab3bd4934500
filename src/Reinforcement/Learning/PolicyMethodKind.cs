using Graft.Models;
using Graft.Tensors;

namespace Graft.Reinforcement;

/// <summary>A way to learn a game by the name that command lines give it, with numbers that suit it. A new one is a row in <see cref="All"/>; a custom one is made here.</summary>
public sealed class PolicyMethodKind
{
    private readonly Func<PolicySetting, PolicyLearning> create;

    /// <summary>Describes a method.</summary>
    /// <param name="name">Its name on the command line.</param>
    /// <param name="summary">What it is, in a few words.</param>
    /// <param name="create">Makes it for a network and games.</param>
    public PolicyMethodKind(string name, string summary, Func<PolicySetting, PolicyLearning> create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(create);
        (Name, Summary, this.create) = (name, summary, create);
    }

    /// <summary><see cref="ProximalPolicy"/>.</summary>
    public static PolicyMethodKind Ppo { get; } = new(
        "ppo", "a policy that moves a little at a time",
        static setting => new ProximalPolicy(setting.Model, setting.Games, setting.Device, new ProximalPolicyOptions { Seed = setting.Seed }));

    /// <summary><see cref="PolicyGradient"/>.</summary>
    public static PolicyMethodKind Reinforce { get; } = new(
        "reinforce", "what was followed by much is done more often",
        static setting => new PolicyGradient(setting.Model, setting.Games, setting.Device, new PolicyGradientOptions { Seed = setting.Seed }))
    {
        Rate = 3e-3,
    };

    /// <summary><see cref="DeepQ"/>, double.</summary>
    public static PolicyMethodKind Dqn { get; } = new(
        "dqn", "what each action is worth, learnt from memories", static setting => new DeepQ(setting.Model, setting.Games, setting.Device, Exploring(setting)))
    {
        HasValue = false,
        ClipNorm = 10,
    };

    /// <summary><see cref="DeepQ"/>, double, with prioritised replay.</summary>
    public static PolicyMethodKind PrioritisedDqn { get; } = new(
        "dqn-prioritised", "the same, more often from what surprised",
        static setting => new DeepQ(setting.Model, setting.Games, setting.Device, Exploring(setting) with { Priority = 0.6 }))
    {
        HasValue = false,
        ClipNorm = 10,
    };

    /// <summary>The methods known by name.</summary>
    public static IReadOnlyList<PolicyMethodKind> All { get; } = [Ppo, Reinforce, Dqn, PrioritisedDqn];

    /// <summary>Its name on the command line: <c>ppo</c>.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Summary { get; }

    /// <summary>Whether the network gives a value beside the actions' scores.</summary>
    public bool HasValue { get; init; } = true;

    /// <summary>The learning rate of Adam that suits it.</summary>
    public double Rate { get; init; } = 1e-3;

    /// <summary>The largest norm of all gradients together.</summary>
    public double ClipNorm { get; init; } = 0.5;

    /// <summary>The method of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static PolicyMethodKind Named(string name) => NearName.Pick(name, All, static kind => kind.Name, "way to learn a game");

    /// <summary>Makes it for a network and games.</summary>
    /// <param name="setting">Those.</param>
    /// <exception cref="ArgumentException">The network does not fit the games.</exception>
    public PolicyLearning Create(PolicySetting setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return create(setting);
    }

    /// <summary>The name: <c>ppo</c>.</summary>
    public override string ToString() => Name;

    private static DeepQOptions Exploring(PolicySetting setting) =>
        new() { Seed = setting.Seed, ExplorationFrames = (int)Math.Min(int.MaxValue, setting.Frames * 4 / 25) };
}

/// <summary>What a method is made for.</summary>
/// <param name="Model">The network that learns.</param>
/// <param name="Games">The games.</param>
/// <param name="Device">Where to compute.</param>
/// <param name="Frames">How many steps of all games together are to be played.</param>
/// <param name="Seed">The seed of whatever is drawn.</param>
public sealed record PolicySetting(ImageModel Model, GameRow Games, Device Device, long Frames, ulong Seed);
