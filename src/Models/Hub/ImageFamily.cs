namespace Graft.Models;

/// <summary>A family of models by the hub's names.</summary>
internal interface IHubFamily
{
    /// <summary>The <c>model_type</c> of its configs.</summary>
    string ModelType { get; }

    /// <summary>The classes of <c>architectures</c> that can be made; the first is the bare encoder, which a config without a class means.</summary>
    IReadOnlyList<string> Architectures { get; }
}

/// <summary>A family of text models by the hub's names, a row of <see cref="PretrainedModel"/>.</summary>
internal interface ITextFamily : IHubFamily
{
    /// <summary>The head of a class.</summary>
    TextHead HeadOf(string architecture);

    /// <summary>Makes the model of a config, with initial values.</summary>
    /// <param name="head">What is to stand above; null for what the config's class says.</param>
    /// <param name="config">What <c>config.json</c> says.</param>
    /// <param name="labels">The names of the labels; null for those of the config.</param>
    /// <param name="seed">The seed of the initial values.</param>
    /// <param name="withoutDropout">Whether dropout is left out of training passes too.</param>
    /// <exception cref="ArgumentException">The family has no such head.</exception>
    /// <exception cref="CheckpointException">The config asks for what is not built.</exception>
    TextModel Create(TextHead? head, HubConfig config, IReadOnlyList<string>? labels, ulong seed, bool withoutDropout);
}

/// <summary>A family of image models by the hub's names, a row of <see cref="PretrainedImageModel"/>.</summary>
/// <param name="ModelType">The <c>model_type</c> of its configs.</param>
/// <param name="Architectures">The classes of <c>architectures</c>: the bare encoder, then those with a head.</param>
/// <param name="Create">Makes the model of a class with a head from a config.</param>
internal sealed record ImageFamily(string ModelType, IReadOnlyList<string> Architectures, HubImageModel Create) : IHubFamily;

/// <summary>Makes an image model of a config.</summary>
/// <param name="architecture">The class, one with a head.</param>
/// <param name="config">What its <c>config.json</c> says.</param>
/// <param name="classes">The number of classes.</param>
/// <param name="seed">The seed of the initial values.</param>
/// <param name="withoutDropout">Whether dropout and stochastic depth are left out of training passes too.</param>
internal delegate ImageModel HubImageModel(string architecture, HubConfig config, int classes, ulong seed, bool withoutDropout);

/// <summary>Finds the family and the class that a config names.</summary>
internal static class HubFamilies
{
    /// <summary>Whether a config is of one of the families.</summary>
    public static bool Know<TFamily>(IReadOnlyList<TFamily> families, HubConfig config) where TFamily : class, IHubFamily =>
        Find(families, config.Architecture(), config.ModelType()) is not null;

    /// <summary>The family and the class.</summary>
    /// <exception cref="CheckpointException">It names none that is built, or two that contradict one another.</exception>
    public static (TFamily Family, string Architecture) Require<TFamily>(IReadOnlyList<TFamily> families, HubConfig config) where TFamily : class, IHubFamily
    {
        string? architecture = config.Architecture(), type = config.ModelType();
        if (architecture is null && type is null) throw config.Fail("names neither 'architectures' nor 'model_type', so nothing says what the weights are");
        var family = Find(families, architecture, type);
        if (family is null && architecture is null)
            throw config.Fail("model_type", $"is '{Printable.Text(type!)}', which is not built; built is {string.Join(", ", families.Select(row => row.ModelType))}");
        if (family is null)
            throw config.Fail("architectures", $"names {Printable.Text(architecture!)}, which is not built; built are {string.Join(", ", families.SelectMany(row => row.Architectures))}");
        if (type is not null && type != family.ModelType)
            throw config.Fail("model_type", $"is '{Printable.Text(type)}', which does not go with the architecture {architecture}");
        return (family, architecture ?? family.Architectures[0]);
    }

    private static TFamily? Find<TFamily>(IReadOnlyList<TFamily> families, string? architecture, string? type) where TFamily : class, IHubFamily =>
        families.FirstOrDefault(row => architecture is null ? row.ModelType == type : row.Architectures.Contains(architecture));
}
