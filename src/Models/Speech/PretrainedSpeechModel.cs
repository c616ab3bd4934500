namespace Graft.Models;

/// <summary>Makes the model of sounds that a folder of the Hugging Face hub describes.</summary>
public static class PretrainedSpeechModel
{
    private static readonly SpeechFamily[] Families = [Wav2Vec2.Family, Whisper.Family, KeywordTransformer.Family];

    /// <summary>The architectures that can be made.</summary>
    public static IEnumerable<string> Architectures => Families.SelectMany(static family => family.Architectures);

    /// <summary>What stands above the encoder in a folder; null where it is no folder of a model of sounds.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">Its <c>config.json</c> is malformed.</exception>
    public static SpeechHead? HeadOf(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!File.Exists(Path.Combine(folder, HubConfig.FileName))) return null;
        var config = HubConfig.Read(folder);
        if (!Knows(config)) return Array.Exists(Families, row => row.ModelType == config.ModelType()) ? SpeechHead.None : null;
        var (family, architecture) = HubFamilies.Require(Families, config);
        return family.HeadOf(architecture);
    }

    /// <summary>Makes the model that <c>config.json</c> names, and fills it with the folder's weights.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and a checkpoint.</param>
    /// <param name="options">Which weights of the folder; null to find them.</param>
    /// <param name="withoutDropout">Whether dropout is left out of training passes too.</param>
    /// <exception cref="CheckpointException">Something is missing, damaged or not built, or the weights do not fit.</exception>
    public static (SpeechModel Model, LoadReport Report) Open(string folder, LoadOptions? options = null, bool withoutDropout = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var model = Create(HubConfig.Read(folder), head: null, labels: null, seed: 0, withoutDropout);
        using var checkpoint = Checkpoint.Open(folder);
        return (model, model.Load(checkpoint, options ?? new LoadOptions()));
    }

    /// <summary>Makes the class of a head of the folder's family, and fills it with the folder's weights; a head that the file has not, or that is of another
    /// number of labels, is new.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and a checkpoint.</param>
    /// <param name="head">What is to stand above the encoder.</param>
    /// <param name="labels">How many labels there are; null for those of the config.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder; null to find them.</param>
    /// <exception cref="CheckpointException">Something is missing, damaged or not built, or the weights do not fit.</exception>
    public static (SpeechModel Model, LoadReport Report) Open(string folder, SpeechHead head, int? labels = null, ulong seed = 0, LoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var model = Create(HubConfig.Read(folder), head, labels, seed, withoutDropout: false);
        using var checkpoint = Checkpoint.Open(folder);
        return (model, model.Load(checkpoint, (options ?? new LoadOptions()) with { ReplaceHead = true }));
    }

    /// <summary>Makes the model that a config names, with random weights.</summary>
    /// <param name="config">What <c>config.json</c> says.</param>
    /// <param name="head">What is to stand above the encoder; null for what the config's class says.</param>
    /// <param name="labels">How many labels there are; null for those of the config.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <exception cref="CheckpointException">The config asks for what is not built.</exception>
    public static SpeechModel Create(JsonObjectReader config, SpeechHead? head = null, int? labels = null, ulong seed = 0) =>
        Create(new HubConfig(config), head, labels, seed, withoutDropout: false);

    /// <summary>Whether a config describes a model of sounds.</summary>
    /// <param name="config">What <c>config.json</c> says.</param>
    /// <exception cref="CheckpointException">A name in it is no text.</exception>
    public static bool Knows(JsonObjectReader config) => Knows(new HubConfig(config));

    internal static bool Knows(HubConfig config) => HubFamilies.Know(Families, config);

    private static SpeechModel Create(HubConfig config, SpeechHead? head, int? labels, ulong seed, bool withoutDropout)
    {
        var (family, architecture) = HubFamilies.Require(Families, config);
        return family.Create(head ?? family.HeadOf(architecture), config, labels, seed, withoutDropout);
    }
}

/// <summary>A family of models of sounds by the hub's names.</summary>
/// <param name="ModelType">The <c>model_type</c> of its configs.</param>
/// <param name="Classes">The classes of <c>architectures</c> with their heads; the bare encoder first.</param>
/// <param name="Create">Makes the model of a head from a config.</param>
internal sealed record SpeechFamily(string ModelType, IReadOnlyList<(SpeechHead Head, string Class)> Classes, HubSpeechModel Create) : IHubFamily
{
    public IReadOnlyList<string> Architectures { get; } = [.. Classes.Select(static row => row.Class)];

    public SpeechHead HeadOf(string architecture) => Classes.First(row => row.Class == architecture).Head;

    public string ClassOf(SpeechHead head) => Classes.First(row => row.Head == head).Class;
}

/// <summary>Makes a model of sounds of a config.</summary>
internal delegate SpeechModel HubSpeechModel(SpeechHead head, HubConfig config, int? labels, ulong seed, bool withoutDropout);
