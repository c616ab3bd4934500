namespace Graft.Models;

/// <summary>A family of text models by the hub's names, a row of <see cref="PretrainedModel"/>.</summary>
/// <param name="ModelType">The <c>model_type</c> of its configs.</param>
/// <param name="Architectures">The classes of <c>architectures</c> that can be made; the first is the bare encoder, which a config
/// without a class means.</param>
/// <param name="Create">Makes the model of a class from a config, with initial values from a seed, with or without its dropout.</param>
internal sealed record TextFamily(string ModelType, IReadOnlyList<string> Architectures, Func<string, HubConfig, ulong, bool, TextModel> Create) : IHubFamily
{
    /// <summary>A family whose models are made of the same sizes.</summary>
    /// <param name="modelType">The <c>model_type</c> of its configs.</param>
    /// <param name="read">Reads the sizes.</param>
    /// <param name="withoutDropout">The same sizes without dropout.</param>
    /// <param name="architectures">A class's name and how it is made, the bare encoder first.</param>
    public static TextFamily Of<TConfig>(
        string modelType, Func<HubConfig, TConfig> read, Func<TConfig, TConfig> withoutDropout, OrderedDictionary<string, Func<TConfig, ulong, TextModel>> architectures) =>
        new(modelType, [.. architectures.Keys], (architecture, config, seed, isWithoutDropout) =>
        {
            var sizes = read(config);
            return architectures[architecture](isWithoutDropout ? withoutDropout(sizes) : sizes, seed);
        });
}
