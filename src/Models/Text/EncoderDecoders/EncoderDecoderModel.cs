using System.Text.Json;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>A model that reads one sequence and writes another (Vaswani et al. 2017): <c>logits</c> [B, T, V] of the words that the decoder could write
/// next, or <c>last_hidden_state</c> [B, T, D] without a head, and <c>encoder_last_hidden_state</c> [B, S, D]. <see cref="PretrainedModel"/> makes it.</summary>
/// <remarks>Letters: B sequences, S tokens read, T tokens written, V words, D = width.</remarks>
public sealed class EncoderDecoderModel : TextModel, ISequenceWriter
{
    private readonly EncoderDecoderConfig config;
    private readonly EncoderDecoderTrunk trunk;
    private readonly EncoderDecoderHead? head;

    internal EncoderDecoderModel(EncoderDecoderConfig config, TextHead head) : base(config.Family.ClassOf(head))
    {
        (this.config, Head) = (config, head);
        var family = config.Family;
        trunk = Add(head == TextHead.None ? "" : family.TrunkKey ?? "", new EncoderDecoderTrunk(config));
        if (head != TextHead.None) this.head = Add("", new EncoderDecoderHead(config, trunk.Words));
        else foreach (string key in (string[])["lm_head.weight", "final_logits_bias"]) IgnoreKey(key, "the head of another class");
        Sizes = new TextModelSizes(config.VocabularySize, config.MaximumPositions ?? config.UsualLength, config.Width, config.PaddingToken);
        foreach (var (name, modules) in trunk.StagesWith(this.head)) AddStage(name, modules);
    }

    /// <inheritdoc/>
    public override TextHead Head { get; }

    /// <inheritdoc/>
    public override string ModelType => config.Family.ModelType;

    /// <inheritdoc/>
    public override TextModelSizes Sizes { get; }

    /// <summary>The token in front of what the decoder writes (<c>decoder_start_token_id</c>).</summary>
    public int DecoderStartToken => config.DecoderStartToken;

    /// <summary>The token that ends a sequence (<c>eos_token_id</c>); null for none.</summary>
    public int? EndToken => config.EndToken;

    /// <summary>How many tokens the decoder may write; null for any number.</summary>
    public int? MostWritten => config.MaximumPositions;

    int ISequenceWriter.Vocabulary => config.VocabularySize;

    TransformerStack ISequenceWriter.Decoder => trunk.Decoder;

    WeightLock ISequenceWriter.Lock => Weights;

    Variable ISequenceWriter.Logits(Variable states) => Logits(states);

    internal override string? TrunkKey => config.Family.TrunkKey;

    internal EncoderDecoderTrunk Trunk => trunk;

    /// <inheritdoc/>
    public override TextModel Remake(int labels, ulong seed) => new EncoderDecoderModel(config, Head) { Seed = seed };

    /// <inheritdoc/>
    public override void Require(TextBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        trunk.Encoder.Require(batch);
        if (batch.Decoder is not { } decoder)
            throw new ArgumentException($"{Name} reads one sequence and writes another: give the batch what the decoder reads, or labels ({nameof(WithLabels)})");
        if (decoder.Sequences != batch.Sequences)
            throw new ArgumentException($"{Name}: the decoder's {decoder.Sequences} sequences are not one for each of the encoder's {batch.Sequences}");
        trunk.Decoder.Require(decoder);
    }

    /// <summary>A batch whose decoder reads, for each place, the label of the place before it, and at the first the start token: teacher forcing (Hugging
    /// Face's <c>shift_tokens_right</c>).</summary>
    /// <param name="source">What the encoder reads: B sequences.</param>
    /// <param name="labels">What is to be written [B, T], <see cref="TextTargets.Ignored"/> where a shorter text has ended.</param>
    /// <exception cref="ArgumentException">The labels are not as many in each sequence.</exception>
    public TextBatch WithLabels(TextBatch source, int[] labels)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(labels);
        int sequences = source.Sequences;
        return new TextBatch(sequences, source.Length, source.TokenIds, source.TokenTypes, source.AttentionMask, source.Positions)
        {
            Decoder = SequenceLoss.Shifted(Name, labels, sequences, config.DecoderStartToken, config.PaddingToken ?? config.DecoderStartToken),
        };
    }

    /// <summary>The mean cross-entropy of each word given those before it and what the encoder read; labels [B, T] are the words that the decoder is to write,
    /// <see cref="TextTargets.Ignored"/> where there is none. With <see cref="TextTargets.LabelSmoothing"/> ε it is 1 - ε of that and ε of the mean of all
    /// words' negative log-probabilities (Hugging Face's <c>LabelSmoother</c>).</summary>
    /// <param name="outputs">What the model gave.</param>
    /// <param name="targets">The labels.</param>
    /// <exception cref="ArgumentException">There are no labels, or the model has no head.</exception>
    public override Variable Loss(TextOutputs outputs, TextTargets targets)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(targets);
        RequireHead();
        return SequenceLoss.CrossEntropy(outputs["logits"], Needed(targets), targets.LabelSmoothing);
    }

    internal override IReadOnlyDictionary<string, JsonElement> OtherMembers() => Kept(config.Members);

    private protected override Variable ComputeLoss(TextInputs inputs, TextTargets targets)
    {
        RequireHead();
        int[] labels = Needed(targets);
        var states = trunk.Forward(inputs, trace: null).States;
        var (places, words) = SequenceLoss.Labelled(Name, labels, inputs.Decoder!.Places);
        var rows = states.Reshape([labels.Length, states.Shape[2]]);
        return SequenceLoss.CrossEntropy(head!.Forward(places.Length == labels.Length ? rows : rows.Embedding(places, [places.Length])), words, targets.LabelSmoothing);
    }

    /// <inheritdoc/>
    protected override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var (states, encoded) = trunk.Forward(inputs, trace);
        return head is null ? new(("last_hidden_state", states), ("encoder_last_hidden_state", encoded))
            : new(("logits", head.Forward(states)), ("encoder_last_hidden_state", encoded));
    }

    /// <summary>The logits [..., V] of the decoder's states [..., D].</summary>
    internal Variable Logits(Variable states)
    {
        RequireHead();
        return head!.Forward(states);
    }

    private void RequireHead()
    {
        if (head is null) throw new ArgumentException($"{Name} has no head and so no loss of its own");
    }

    private int[] Needed(TextTargets targets) => SequenceLoss.Needed(Name, targets.Labels, "the words that the decoder is to write as labels");
}

/// <summary>The words' embeddings, an encoder and a decoder.</summary>
internal sealed class EncoderDecoderTrunk : Module
{
    private readonly Embedding words;

    public EncoderDecoderTrunk(EncoderDecoderConfig config)
    {
        int? padding = config.Family.PaddingIsFixed ? config.PaddingToken : null;
        words = Add("shared", new Embedding(config.VocabularySize, config.Width, Initialiser.Normal(config.Deviations.Words, padding), padding));
        Encoder = Add("encoder", new TransformerStack(config, isDecoder: false, words));
        Decoder = Add("decoder", new TransformerStack(config, isDecoder: true, words));
    }

    /// <summary>[V, D].</summary>
    public Parameter Words => words.Weight;

    public TransformerStack Encoder { get; }

    public TransformerStack Decoder { get; }

    /// <summary>The encoder's parts, the decoder's, and its last norm with the head.</summary>
    public IEnumerable<(string Name, IEnumerable<Module> Modules)> StagesWith(Module? head)
    {
        yield return ("embeddings", [words, .. Encoder.EmbeddingParts]);
        foreach (var stage in Encoder.Stages) yield return stage;
        if (Decoder.EmbeddingParts.Any(static part => part.Parameters().Any())) yield return ("decoder_embeddings", Decoder.EmbeddingParts);
        foreach (var stage in Decoder.Stages) yield return stage;
        yield return ("head", new Module?[] { Decoder.Norm, head }.OfType<Module>());
    }

    /// <summary>The states of what was read [B, S, D].</summary>
    public Variable Encode(TextInputs inputs, ForwardTrace? trace = null) =>
        Encoder.Forward(inputs, new TransformerInputs(new AttentionInputs(inputs.Sequences, inputs.Mask), default), trace);

    /// <summary>The states of what is written [B, T, D] and of what was read [B, S, D].</summary>
    public (Variable States, Variable Encoded) Forward(TextInputs inputs, ForwardTrace? trace)
    {
        var decoder = inputs.Decoder ?? throw new ArgumentException("the inputs have nothing that the decoder reads");
        var encoded = Encode(inputs, trace);
        var rows = encoded.Reshape([encoded.Shape[0] * encoded.Shape[1], encoded.Shape[2]]);
        var given = new TransformerInputs(
            new AttentionInputs(decoder.Sequences, decoder.Mask.AsCausal()), new AttentionInputs(inputs.Sequences, inputs.Mask, rows));
        return (Decoder.Forward(decoder, given, trace?.Decoder, trace is null ? null : (encoded, trace.Counts)), encoded);
    }
}

/// <summary>The logits of states: a linear map that is the words' embeddings unless the config unties them: [..., D] to [..., V].</summary>
internal sealed class EncoderDecoderHead : Layer
{
    private const string MapKey = "lm_head.weight";

    private readonly float scale;
    private readonly Parameter map;
    private readonly Parameter? bias;

    public EncoderDecoderHead(EncoderDecoderConfig config, Parameter words)
    {
        scale = config.LogitScale;
        map = config.TieWordEmbeddings ? words : AddParameter(MapKey, words.Shape, Initialiser.Normal(config.Deviations.Words));
        if (config.TieWordEmbeddings) AddAlias(MapKey, words);
        if (config.Family.HasLogitsBias) bias = AddBuffer("final_logits_bias", [1, words.Shape[0]], Initialiser.Zeros);
    }

    protected override Variable Compute(Variable x)
    {
        if (scale != 1) x *= scale;
        return x.Linear(x.Pass.Of(map), bias is null ? null : x.Pass.Of(bias).Reshape([map.Shape[0]]));
    }
}
