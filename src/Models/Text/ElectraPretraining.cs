using System.Text.Json;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>Two encoders that learn together (ELECTRA, Clark et al. 2020): a small one, the generator, fills masked places with words that are likely there,
/// and the other, the discriminator, tells for every token whether it was put in place of another: <c>logits</c> [B, T]. The discriminator is what is
/// kept, and what this model computes.</summary>
/// <remarks>They share their embeddings. The discriminator's keys are those of the hub (<c>ElectraForPreTraining</c>), the generator's stand behind
/// <c>generator</c>. Saved, the discriminator is a folder of the hub, and within it the generator is another. Letters: B texts of T tokens, M masked
/// places.</remarks>
public sealed class ElectraPretraining : TextModel
{
    /// <summary>The paper's weight of the discriminator's loss.</summary>
    public const float DefaultWeight = 50f;

    /// <summary>The folder of the generator within that of the discriminator.</summary>
    public const string GeneratorFolder = "generator";

    private const string Drawn = "replaced tokens", GeneratorKey = "generator";

    // the paper's generators are a quarter to a half of the discriminator; a quarter did best
    private const int Share = 4;

    private readonly EncoderForMaskedLM generator;
    private readonly EncoderForReplacedTokens discriminator;
    private readonly EncoderConfig config;
    private readonly EncoderConfig generatorConfig;

    private ElectraPretraining(EncoderConfig config, EncoderConfig generatorConfig, ulong seed) : base(config.Family.ClassOf(TextHead.ReplacedTokenDetection))
    {
        (this.config, this.generatorConfig) = (config, generatorConfig);
        Seed = seed;
        discriminator = Add("", new EncoderForReplacedTokens(config) { Seed = seed });
        generator = Add(GeneratorKey, new EncoderForMaskedLM(generatorConfig with { SharedEmbeddings = discriminator.Trunk.Embeddings }) { Seed = seed });
        var stages = discriminator.Stages;
        foreach (var stage in stages.SkipLast(1)) AddStage(stage.Name, stage.Modules);
        // beside the head, so that it learns whatever of the discriminator is frozen
        AddStage(GeneratorKey, generator);
        AddStage(stages[^1].Name, stages[^1].Modules);
    }

    /// <summary>What fills masked places; its embeddings are the discriminator's.</summary>
    public TextModel Generator => generator;

    /// <summary>What tells replaced tokens, to be saved and fine-tuned: <see cref="Model.Save"/> and <see cref="TextModel.ConfigFor"/> of it make a folder of
    /// the hub.</summary>
    public TextModel Discriminator => discriminator;

    /// <summary>The weight of the discriminator's loss, one of many tokens, beside the generator's.</summary>
    public float Weight { get; set; } = DefaultWeight;

    /// <inheritdoc/>
    public override TextHead Head => discriminator.Head;

    /// <inheritdoc/>
    public override string ModelType => discriminator.ModelType;

    /// <inheritdoc/>
    public override TextModelSizes Sizes => discriminator.Sizes;

    internal override string? TrunkKey => discriminator.TrunkKey;

    /// <summary>Makes both with random weights.</summary>
    /// <param name="config">What <c>config.json</c> says of the discriminator, of <c>model_type</c> electra.</param>
    /// <param name="generator">The same of the generator; null for a quarter of the discriminator's heads, width and perceptron.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <exception cref="CheckpointException">A config asks for what is not built, is of another family, or the two have embeddings of different sizes.</exception>
    public static ElectraPretraining Create(JsonObjectReader config, JsonObjectReader? generator = null, ulong seed = 0)
    {
        var sizes = Read(new HubConfig(config));
        if (generator is not { } given) return new ElectraPretraining(sizes, Smaller(sizes), seed);
        var own = new HubConfig(given);
        var small = Read(own);
        if ((small.VocabularySize, small.EmbeddingSize, small.MaximumPositions, small.TokenTypes) != (sizes.VocabularySize, sizes.EmbeddingSize, sizes.MaximumPositions, sizes.TokenTypes))
            throw own.Fail(
                $"has embeddings of {small.VocabularySize} words, {small.MaximumPositions} positions and {small.TokenTypes} types, {small.EmbeddingSize} wide; the discriminator's, "
                + $"which are to be shared, are of {sizes.VocabularySize}, {sizes.MaximumPositions} and {sizes.TokenTypes}, {sizes.EmbeddingSize} wide");
        return new ElectraPretraining(sizes, small, seed);
    }

    /// <summary>Opens the folder of a discriminator, and the generator that lies in its folder <see cref="GeneratorFolder"/>; where there is none, one of a
    /// quarter of the size begins with random weights, and the report says so.</summary>
    /// <param name="folder">A folder with <c>config.json</c> of <c>model_type</c> electra, and a checkpoint.</param>
    /// <param name="seed">The seed of what is new.</param>
    /// <param name="options">Which weights of the folder; null to find them.</param>
    /// <exception cref="CheckpointException">Something is missing, damaged or not built, or the weights do not fit.</exception>
    public static (ElectraPretraining Model, LoadReport Report) Open(string folder, ulong seed = 0, LoadOptions? options = null)
    {
        var model = FromConfig(folder, seed);
        options = (options ?? new LoadOptions()) with { ReplaceHead = true };
        LoadReport report;
        using (var checkpoint = Checkpoint.Open(folder)) report = model.discriminator.Load(checkpoint, options);
        model.IsHeadNew = model.discriminator.IsHeadNew;
        string beside = Path.Combine(folder, GeneratorFolder);
        if (!Directory.Exists(beside)) return (model, report with { Replaced = [.. report.Replaced, .. model.generator.Tensors().Select(static tensor => tensor.Name)] });
        using (var checkpoint = Checkpoint.Open(beside)) model.FillGenerator(checkpoint, options);
        return (model, report);
    }

    /// <summary>Makes what <see cref="Open"/> does with random weights; the folders need none.</summary>
    /// <param name="folder">A folder with <c>config.json</c>.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <exception cref="CheckpointException">A config is missing, malformed or asks for what is not built.</exception>
    public static ElectraPretraining FromConfig(string folder, ulong seed = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string beside = Path.Combine(folder, GeneratorFolder);
        return Create(HubConfig.Read(folder).Members, Directory.Exists(beside) ? HubConfig.Read(beside).Members : null, seed);
    }

    /// <summary>The same sizes with random weights.</summary>
    /// <param name="labels">Without meaning: it has no labels.</param>
    /// <param name="seed">The seed of the weights.</param>
    public override TextModel Remake(int labels, ulong seed) => new ElectraPretraining(config, generatorConfig, seed) { Weight = Weight };

    /// <inheritdoc/>
    public override void Require(TextBatch batch) => discriminator.Require(batch);

    /// <summary>The discriminator's loss alone: of its <c>logits</c>, with 1 for each replaced token, 0 for each other, and
    /// <see cref="TextTargets.Ignored"/> for padding. What the two learn from together is <see cref="JointLoss"/>.</summary>
    /// <param name="outputs">What Forward gave.</param>
    /// <param name="targets">Which tokens were replaced.</param>
    /// <exception cref="ArgumentException">The targets are not those.</exception>
    public override Variable Loss(TextOutputs outputs, TextTargets targets) => discriminator.Loss(outputs, targets);

    /// <summary>The loss of a batch: the generator's of its masked places, and <see cref="Weight"/> times the discriminator's of all tokens, some of which the
    /// generator has replaced. Which words it draws follows from the pass's seed, and nothing learns through the draw.</summary>
    /// <param name="pass">A pass that trains.</param>
    /// <param name="masked">B texts of T tokens, in which the mask's token is at some places.</param>
    /// <param name="words">The words that were at those places, <see cref="TextTargets.Ignored"/> at all others [B, T].</param>
    /// <exception cref="ArgumentException">A token, type or position is outside the tables, or no place has a word.</exception>
    public ElectraLoss JointLoss(Pass pass, TextBatch masked, TextTargets words)
    {
        var replaced = Replace(pass, masked, words);
        var told = discriminator.Loss(pass, replaced.Batch, replaced.Targets);
        return new ElectraLoss(replaced.GeneratorLoss + told * Weight, replaced.GeneratorLoss, told);
    }

    /// <summary>A batch in which the generator has filled the masked places, and what the discriminator is to tell of it.</summary>
    /// <param name="pass">The run to be part of; its seed says which words are drawn.</param>
    /// <param name="masked">B texts of T tokens, in which the mask's token is at some places.</param>
    /// <param name="words">The words that were at those places, <see cref="TextTargets.Ignored"/> at all others [B, T].</param>
    /// <exception cref="ArgumentException">A token, type or position is outside the tables, or no place has a word.</exception>
    public ReplacedTokens Replace(Pass pass, TextBatch masked, TextTargets words)
    {
        ArgumentNullException.ThrowIfNull(words);
        generator.Require(masked);
        int[] labels = words.Labels ?? throw new ArgumentException($"{Name} learns from the words of masked places, and there are none");
        using var reading = pass.ReadWeights(Weights);
        var inputs = TextInputs.Of(pass, masked);
        var (places, masks) = generator.Labelled(labels, inputs.Places);
        var logits = generator.LogitsAt(inputs, places);
        int[] drawn = Draw(pass, logits), tokens = [.. masked.TokenIds], replaced = new int[tokens.Length];
        for (int i = 0; i < places.Length; i++) (tokens[places[i]], replaced[places[i]]) = (drawn[i], drawn[i] == masks[i] ? 0 : 1);
        if (masked.AttentionMask is { } mask)
            for (int place = 0; place < replaced.Length; place++)
                if (mask[place] == 0) replaced[place] = TextTargets.Ignored;
        var batch = new TextBatch(masked.Sequences, masked.Length, tokens, masked.TokenTypes, masked.AttentionMask, masked.Positions);
        return new ReplacedTokens(batch, new TextTargets { Labels = replaced }, logits.CrossEntropy(masks), places.Length);
    }

    /// <summary>Writes the folder of the generator, with the embeddings that it shares.</summary>
    /// <param name="folder">The discriminator's folder, which is there.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public override void WriteArchitecture(string folder)
    {
        string own = Path.Combine(folder, GeneratorFolder);
        Directory.CreateDirectory(own);
        using var alone = new EncoderForMaskedLM(generatorConfig);
        var numbers = new Dictionary<string, float[]>(StringComparer.Ordinal);
        using (Weights.Read())
        {
            foreach (var tensor in discriminator.Trunk.Embeddings.Parameters().Concat(generator.Parameters()))
                numbers.Add(Alone(tensor.Name), tensor.Value.ToArray());
        }
        alone.ChangeWeights(() =>
        {
            foreach (var parameter in alone.Parameters()) parameter.Value.CopyFrom(numbers[parameter.Name]);
        });
        alone.Save(Path.Combine(own, "model.safetensors"), new Dictionary<string, string> { ["format"] = "pt" });
        (alone.ConfigFor([]) with { Other = OwnMembers(alone.OtherMembers()) }).Write(Path.Combine(own, HubConfig.FileName));
    }

    internal override IReadOnlyDictionary<string, JsonElement> OtherMembers() => discriminator.OtherMembers();

    internal override IEnumerable<ModuleParameter> SavedTensors() => Tensors().Except(generator.Tensors());

    /// <inheritdoc/>
    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace) => discriminator.Forward(inputs, trace);

    /// <summary>Takes the generator's weights of a checkpoint, whose embeddings are the discriminator's already.</summary>
    private void FillGenerator(Checkpoint checkpoint, LoadOptions options)
    {
        using var alone = new EncoderForMaskedLM(generatorConfig);
        alone.Load(checkpoint, options with { ReplaceHead = false });
        var numbers = alone.Parameters().ToDictionary(static parameter => parameter.Name, static parameter => parameter.Value.ToArray(), StringComparer.Ordinal);
        ChangeWeights(() =>
        {
            foreach (var parameter in generator.Parameters()) parameter.Value.CopyFrom(numbers[Alone(parameter.Name)]);
        });
    }

    /// <summary>What the generator's config says: where it was made after the discriminator, the sizes that are its own in place of those.</summary>
    private Dictionary<string, JsonElement> OwnMembers(IReadOnlyDictionary<string, JsonElement> others)
    {
        var keys = new ConfigKeys();
        using var sizes = JsonDocument.Parse(JsonFile.Format(writer =>
        {
            writer.WriteNumber(keys.HiddenSize, generatorConfig.HiddenSize);
            writer.WriteNumber(keys.Heads, generatorConfig.Heads);
            writer.WriteNumber(keys.IntermediateSize, generatorConfig.IntermediateSize);
        }));
        var own = new Dictionary<string, JsonElement>(others, StringComparer.Ordinal);
        foreach (var size in sizes.RootElement.EnumerateObject()) own[size.Name] = size.Value.Clone();
        return own;
    }

    /// <summary>What a tensor is called in a folder of the generator alone.</summary>
    private static string Alone(string name) => name.StartsWith($"{GeneratorKey}.", StringComparison.Ordinal) ? name[(GeneratorKey.Length + 1)..] : name;

    /// <summary>A word for each row of logits [M, V], drawn by its probability.</summary>
    private static int[] Draw(Pass pass, Variable logits)
    {
        int words = logits.Shape[1];
        float[] probabilities = logits.Detach().Softmax().Value.ToArray();
        var stream = pass.Stream(Drawn);
        var drawn = new int[logits.Shape[0]];
        for (int row = 0; row < drawn.Length; row++)
        {
            var own = probabilities.AsSpan(row * words, words);
            double rest = stream.Uniform((ulong)row);
            int word = 0;
            // what rounding leaves over is the last word's
            while (word < words - 1 && (rest -= own[word]) >= 0) word++;
            drawn[row] = word;
        }
        return drawn;
    }

    private static EncoderConfig Read(HubConfig config)
    {
        if ((config.ModelType() ?? Electra.Family.ModelType) is var type && type != Electra.Family.ModelType)
            throw config.Fail("model_type", $"is '{Printable.Text(type)}'; only {Electra.Family.ModelType} is pretrained so");
        return Electra.Family.Read(config);
    }

    private static EncoderConfig Smaller(EncoderConfig config)
    {
        int heads = Math.Max(1, config.Heads / Share);
        return config with { Heads = heads, HiddenSize = config.HiddenSize / config.Heads * heads, IntermediateSize = Math.Max(1, config.IntermediateSize / Share) };
    }
}

/// <summary>The parts of a loss.</summary>
/// <param name="Total">What is learnt from [].</param>
/// <param name="Generator">The cross-entropy of the masked places [].</param>
/// <param name="Discriminator">The binary cross-entropy of all tokens [].</param>
public readonly record struct ElectraLoss(Variable Total, Variable Generator, Variable Discriminator);

/// <summary>A batch with tokens in place of others.</summary>
/// <param name="Batch">B texts of T tokens, as the discriminator reads them.</param>
/// <param name="Targets">1 for each replaced token, 0 for each other, <see cref="TextTargets.Ignored"/> for padding [B, T].</param>
/// <param name="GeneratorLoss">The mean cross-entropy of the masked places [].</param>
/// <param name="Masked">M, how many places were masked.</param>
public sealed record ReplacedTokens(TextBatch Batch, TextTargets Targets, Variable GeneratorLoss, int Masked);
