namespace Graft.Transfer;

/// <summary>A method of self-supervision by the name that command lines give it. A new one is a row in <see cref="All"/>; a custom one is made here.</summary>
public sealed class ViewMethodKind
{
    private readonly Func<int, ViewMethod> create;

    /// <summary>Describes a method.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="summary">What it is, in a few words.</param>
    /// <param name="create">Makes it for a trunk of so many features.</param>
    public ViewMethodKind(string name, string summary, Func<int, ViewMethod> create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(create);
        (Name, Summary, this.create) = (name, summary, create);
    }

    /// <summary><see cref="ContrastiveViews"/>.</summary>
    public static ViewMethodKind SimClr { get; } = new("simclr", "views of a picture are more alike than pictures", static features => new ContrastiveViews(features));

    /// <summary><see cref="DecorrelatedViews"/>.</summary>
    public static ViewMethodKind Barlow { get; } = new(
        "barlow-twins", "features are the same in views and have nothing to do with each other", static features => new DecorrelatedViews(features));

    /// <summary>The methods known by name.</summary>
    public static IReadOnlyList<ViewMethodKind> All { get; } = [SimClr, Barlow];

    /// <summary>Its name on the command line: <c>simclr</c>.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Summary { get; }

    /// <summary>The method of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static ViewMethodKind Named(string name) => NearName.Pick(name, All, static kind => kind.Name, "method of self-supervision");

    /// <summary>Makes it for a trunk.</summary>
    /// <param name="features">How many features the trunk makes.</param>
    public ViewMethod Create(int features) => create(features);

    /// <summary>The name: <c>simclr</c>.</summary>
    public override string ToString() => Name;
}
