using Graft.Autograd;

namespace Graft.Models;

/// <summary>Two encoders that learn together (ELECTRA, Clark et al. 2020): a small one, the generator, fills masked places with words that are likely there,
/// and the other, the discriminator, tells for every token whether it was put in place of another. The discriminator is what is kept.</summary>
/// <remarks>They share their embeddings. The discriminator's keys are those of the hub (<c>ElectraForPreTraining</c>), the generator's stand behind
/// <c>generator</c>. Letters: B texts of T tokens, M masked places.</remarks>
public sealed class ElectraPretraining : Model
{
    /// <summary>The paper's weight of the discriminator's loss.</summary>
    public const float DefaultWeight = 50f;

    private const string Drawn = "replaced tokens";

    // the paper's generators are a quarter to a half of the discriminator; a quarter did best
    private const int Share = 4;

    private readonly EncoderForMaskedLM generator;
    private readonly EncoderForReplacedTokens discriminator;

    private ElectraPretraining(EncoderConfig config, EncoderConfig generatorConfig, ulong seed) : base(nameof(ElectraPretraining))
    {
        Seed = seed;
        discriminator = Add("", new EncoderForReplacedTokens(config) { Seed = seed });
        generator = Add("generator", new EncoderForMaskedLM(generatorConfig with { SharedEmbeddings = discriminator.Trunk.Embeddings }) { Seed = seed });
        AddStage("generator", generator);
        foreach (var stage in discriminator.Stages) AddStage(stage.Name, stage.Modules);
    }

    /// <summary>What fills masked places; its embeddings are the discriminator's.</summary>
    public TextModel Generator => generator;

    /// <summary>What tells replaced tokens, to be saved and fine-tuned: <see cref="Model.Save"/> and <see cref="TextModel.ConfigFor"/> of it make a folder of
    /// the hub.</summary>
    public TextModel Discriminator => discriminator;

    /// <summary>The weight of the discriminator's loss, one of many tokens, beside the generator's.</summary>
    public float Weight { get; set; } = DefaultWeight;

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

    /// <summary>The loss of a batch: the generator's of its masked places, and <see cref="Weight"/> times the discriminator's of all tokens, some of which the
    /// generator has replaced. Which words it draws follows from the pass's seed, and nothing learns through the draw.</summary>
    /// <param name="pass">A pass that trains.</param>
    /// <param name="masked">B texts of T tokens, in which the mask's token is at some places.</param>
    /// <param name="words">The words that were at those places, <see cref="TextTargets.Ignored"/> at all others [B, T].</param>
    /// <exception cref="ArgumentException">A token, type or position is outside the tables, or no place has a word.</exception>
    public ElectraLoss Loss(Pass pass, TextBatch masked, TextTargets words)
    {
        ArgumentNullException.ThrowIfNull(words);
        generator.Require(masked);
        int[] labels = words.Labels ?? throw new ArgumentException($"{Name} learns from the words of masked places, and there are none");
        using var reading = pass.ReadWeights(Weights);
        var inputs = TextInputs.Of(pass, masked);
        var (places, masks) = generator.Labelled(labels, inputs.Places);
        var logits = generator.LogitsAt(inputs, places);
        var guessed = logits.CrossEntropy(masks);
        int[] drawn = Draw(pass, logits), tokens = [.. masked.TokenIds], replaced = new int[tokens.Length];
        for (int i = 0; i < places.Length; i++) (tokens[places[i]], replaced[places[i]]) = (drawn[i], drawn[i] == masks[i] ? 0 : 1);
        if (masked.AttentionMask is { } mask)
            for (int place = 0; place < replaced.Length; place++)
                if (mask[place] == 0) replaced[place] = TextTargets.Ignored;
        var told = discriminator.Loss(
            pass, new TextBatch(masked.Sequences, masked.Length, tokens, masked.TokenTypes, masked.AttentionMask, masked.Positions), new TextTargets { Labels = replaced });
        return new ElectraLoss(guessed + told * Weight, guessed, told);
    }

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
