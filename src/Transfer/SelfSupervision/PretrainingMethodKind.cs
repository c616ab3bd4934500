namespace Graft.Transfer;

/// <summary>A method of self-supervision by the name that command lines give it. A new one is a row in <see cref="All"/>; a custom one is made here.</summary>
public sealed class PretrainingMethodKind
{
    private readonly Func<PretrainingSetting, PretrainingMethod> create;

    /// <summary>Describes a method.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="summary">What it is, in a few words.</param>
    /// <param name="create">Makes it for a trunk.</param>
    public PretrainingMethodKind(string name, string summary, Func<PretrainingSetting, PretrainingMethod> create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(create);
        (Name, Summary, this.create) = (name, summary, create);
    }

    /// <summary><see cref="ContrastiveViews"/>.</summary>
    public static PretrainingMethodKind SimClr { get; } = new("simclr", "views of a picture are more alike than pictures", static setting => new ContrastiveViews(setting.Features));

    /// <summary><see cref="DecorrelatedViews"/>.</summary>
    public static PretrainingMethodKind Barlow { get; } = new(
        "barlow-twins", "features are the same in views and have nothing to do with each other", static setting => new DecorrelatedViews(setting.Features));

    /// <summary><see cref="PredictedViews"/>.</summary>
    public static PretrainingMethodKind Byol { get; } = new(
        "byol", "a slow average's features of one view are predicted from the other", static setting => new PredictedViews(setting.Model, setting.Features));

    /// <summary><see cref="Graft.Transfer.Autoencoder"/> without noise.</summary>
    public static PretrainingMethodKind Autoencoder { get; } = new(
        "autoencoder", "pictures are painted again from their features", static setting => new Autoencoder(setting.Features, setting.RequireSize("an autoencoder")));

    /// <summary><see cref="Graft.Transfer.Autoencoder"/> with noise.</summary>
    public static PretrainingMethodKind DenoisingAutoencoder { get; } = new(
        "denoising-autoencoder", "the same without the noise that was put in", static setting => new Autoencoder(setting.Features, setting.RequireSize("an autoencoder")) { Noise = 0.5 });

    /// <summary><see cref="Graft.Transfer.VariationalAutoencoder"/>.</summary>
    public static PretrainingMethodKind VariationalAutoencoder { get; } = new(
        "variational-autoencoder", "the same from a draw of a distribution", static setting => new VariationalAutoencoder(setting.Features, setting.RequireSize("an autoencoder")));

    /// <summary><see cref="Graft.Transfer.MaskedAutoencoder"/>.</summary>
    public static PretrainingMethodKind MaskedAutoencoder { get; } = new(
        "masked-autoencoder", "three quarters of a picture are painted from the rest; for vision transformers",
        static setting => new MaskedAutoencoder(setting.Model, setting.RequireSize("a masked autoencoder")));

    /// <summary>The methods known by name.</summary>
    public static IReadOnlyList<PretrainingMethodKind> All { get; } =
        [SimClr, Barlow, Byol, Autoencoder, DenoisingAutoencoder, VariationalAutoencoder, MaskedAutoencoder];

    /// <summary>Its name on the command line: <c>simclr</c>.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Summary { get; }

    /// <summary>The method of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static PretrainingMethodKind Named(string name) => NearName.Pick(name, All, static kind => kind.Name, "method of self-supervision");

    /// <summary>Makes it for a trunk.</summary>
    /// <param name="setting">What of it a method has to know.</param>
    /// <exception cref="ArgumentException">The method is not for such a trunk.</exception>
    public PretrainingMethod Create(PretrainingSetting setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return create(setting);
    }

    /// <summary>The name: <c>simclr</c>.</summary>
    public override string ToString() => Name;
}
