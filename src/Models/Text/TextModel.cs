using System.Text.Json;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>An architecture that reads token ids. <see cref="PretrainedModel.Open(string, bool)"/> makes the one that a hub's folder names.</summary>
public abstract class TextModel : Model
{
    private string? problemType;

    /// <summary>Makes a model without parts.</summary>
    /// <param name="name">The class that Hugging Face's configs name.</param>
    protected TextModel(string name) : base(name)
    {
    }

    /// <summary>What stands above the encoder.</summary>
    public abstract TextHead Head { get; }

    /// <summary>How large its tables are.</summary>
    public abstract TextModelSizes Sizes { get; }

    /// <summary>The names of a classifier's labels in index order (<c>id2label</c>); LABEL_0, LABEL_1 ... where nothing names them, and none for heads
    /// without labels.</summary>
    public virtual IReadOnlyList<string> Labels => [];

    /// <summary>What a sequence classifier's outputs mean, in Hugging Face's words (<c>problem_type</c>): <c>regression</c>,
    /// <c>single_label_classification</c> or <c>multi_label_classification</c>, by which <see cref="Loss(TextOutputs, TextTargets)"/> goes; null where the targets say it.</summary>
    /// <exception cref="ArgumentException">It is set to another word.</exception>
    public string? ProblemType
    {
        get => problemType;
        set
        {
            if (value is not null && HubConfig.ProblemOf(value) is null)
                throw new ArgumentException($"'{value}' is no problem type: there are {string.Join(", ", HubConfig.ProblemNames)}", nameof(value));
            problemType = value;
        }
    }

    /// <summary>The first position, where the model counts them over the tokens that are no padding; 0 where they are 0, 1, 2 ...</summary>
    public virtual int FirstPosition => 0;

    /// <summary>The learnt tokens in front of every text; null for none.</summary>
    public VirtualTokens? VirtualTokens { get; internal set; }

    /// <summary>Why no prefix can be put in front of the keys; null where it can.</summary>
    internal virtual string? WithoutPrefix => null;

    /// <summary>Whether passes can go on from a <see cref="SequenceState"/>, with logits for the next token.</summary>
    internal virtual bool KeepsState => false;

    /// <summary>What a search for texts (<see cref="TokenGenerator"/>) asks this model by: prompts are read at once, then a recorded pass reads a token of
    /// each row and keeps keys and values. The model has to outlive it.</summary>
    /// <param name="device">Where to run.</param>
    /// <exception cref="ArgumentException">The model is no decoder with a language model's head.</exception>
    public DecodingStep CreateDecodingStep(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return KeepsState ? new DecoderStep(this, device)
            : throw new ArgumentException($"{Name} does not write texts: a decoder with a language model's head does (GPT2LMHeadModel)");
    }

    /// <summary>How many positions a prefix takes.</summary>
    internal int PrefixLength => VirtualTokens is { IsPrefix: true } prefix ? prefix.Count : 0;

    /// <summary>M: how many weighted means of tokens the model makes; 0 where it makes none.</summary>
    internal virtual int PoolingRows => 0;

    /// <summary>What the model makes of a batch, under the names that Hugging Face gives its outputs.</summary>
    /// <param name="pass">The run to be part of.</param>
    /// <param name="batch">B sequences of T tokens.</param>
    /// <param name="trace">Records intermediate results; null for none.</param>
    /// <returns>Variables of the pass, by name.</returns>
    /// <exception cref="ArgumentException">A token, type or position is outside the model's tables.</exception>
    public TextOutputs Forward(Pass pass, TextBatch batch, ForwardTrace? trace = null)
    {
        Require(batch);
        RequireRoom(batch);
        trace?.Begin(batch);
        using var reading = pass.ReadWeights(Weights);
        return Compute(InputsOf(pass, batch), trace);
    }

    /// <summary>Of a batch that is on the pass's device already: inputs of a capture or an export.</summary>
    /// <param name="inputs">Not checked: the model's tables need a row for each id (<see cref="Require"/>).</param>
    /// <returns>Variables of the pass, by name.</returns>
    public TextOutputs Forward(TextInputs inputs) => Forward(inputs, trace: null);

    internal TextOutputs Forward(TextInputs inputs, ForwardTrace? trace)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        using var reading = inputs.Pass.ReadWeights(Weights);
        return Compute(inputs, trace);
    }

    /// <summary>Records the forward pass of batches like this one, to be run again and again without allocating. What the example leaves
    /// out (types, a mask, positions) the batches of its runs have to leave out too.</summary>
    /// <param name="device">Where to run.</param>
    /// <param name="example">Its values do not matter, but for masked tokens between others.</param>
    /// <exception cref="ArgumentException">A token, type or position is outside the model's tables.</exception>
    public CapturedText Capture(Device device, TextBatch example) => new(this, device, example);

    /// <summary>Sequences of any lengths as a batch, filled up with the model's padding token to the longest and masked there.</summary>
    /// <param name="sequences">The token ids of each sequence.</param>
    /// <param name="tokenTypes">Which of two texts each token belongs to; null for the first throughout. A model without token types leaves them out.</param>
    /// <param name="side">Where the padding is.</param>
    /// <exception cref="ArgumentException">There is no sequence, or one without a token, or the types do not fit the tokens.</exception>
    public TextBatch Pad(IReadOnlyList<int[]> sequences, IReadOnlyList<int[]>? tokenTypes = null, PaddingSide side = PaddingSide.Right)
    {
        var batch = TextBatch.Pad(sequences, Sizes.PaddingToken ?? 0, Sizes.TokenTypes > 1 ? tokenTypes : null, side);
        // positions that are counted from the padding are the model's own
        return FirstPosition == 0 || batch.Positions is null
            ? batch : new TextBatch(batch.Sequences, batch.Length, batch.TokenIds, batch.TokenTypes, batch.AttentionMask);
    }

    /// <summary>A new model of the same sizes and head with another number of labels, with initial values throughout: for a head of one's own,
    /// before <see cref="Model.CopyWeightsFrom"/>, or to start from nothing.</summary>
    /// <param name="labels">The number of labels; of a head without labels it does not matter.</param>
    /// <param name="seed">The seed of the initial values.</param>
    public abstract TextModel Remake(int labels, ulong seed);

    /// <summary>What <c>config.json</c> says of the model as it is now, so that its saved folder is one of the hub: the settings that it was made
    /// from, its class, its labels.</summary>
    /// <param name="labels">The names of the labels in index order; empty for a head without labels.</param>
    /// <param name="problemType">What a sequence classifier's outputs mean; null for <see cref="ProblemType"/>.</param>
    public ModelConfig ConfigFor(IReadOnlyList<string> labels, string? problemType = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return new ModelConfig
        {
            Model = ModelType,
            Architecture = Name,
            Labels = labels,
            ProblemType = Head == TextHead.SequenceClassification ? problemType ?? ProblemType ?? "" : "",
            Other = OtherMembers(),
        };
    }

    /// <summary>Checks that the model's tables have a row for every id of a batch.</summary>
    /// <exception cref="ArgumentException">A token, type or position is outside the model's tables.</exception>
    public abstract void Require(TextBatch batch);

    /// <summary>The loss [] that Hugging Face's class of the same name defines.</summary>
    /// <param name="outputs">What <see cref="Forward(Pass, TextBatch, ForwardTrace?)"/> gave.</param>
    /// <param name="targets">What it should have been.</param>
    /// <exception cref="ArgumentException">The targets are not those that this head learns from.</exception>
    public abstract Variable Loss(TextOutputs outputs, TextTargets targets);

    /// <summary>Writes the positions of a batch without any of its own: 0, 1, 2 ... in each row, or counted over the tokens that are no padding,
    /// which itself has the place before the first.</summary>
    internal void CountPositions(TextBatch batch, Span<int> positions)
    {
        int first = FirstPosition, padding = Sizes.PaddingToken ?? -1;
        for (int row = 0; row < batch.Sequences; row++)
        {
            var ids = batch.TokenIds.AsSpan(row * batch.Length, batch.Length);
            var places = positions.Slice(row * batch.Length, batch.Length);
            int next = first + PrefixLength;
            for (int place = 0; place < ids.Length; place++) places[place] = first > 0 && ids[place] == padding ? first - 1 : next++;
        }
    }

    /// <summary>The members of <c>config.json</c> beside those that every model has.</summary>
    internal virtual IReadOnlyDictionary<string, JsonElement> OtherMembers() => new Dictionary<string, JsonElement>();

    /// <summary>What a config said beside what every saved config says.</summary>
    internal static IReadOnlyDictionary<string, JsonElement> Kept(JsonObjectReader? members)
    {
        const string TypeKey = "torch_dtype";
        if (members is not { } given) return new Dictionary<string, JsonElement>();
        var others = new Dictionary<string, JsonElement>(given.Others(ModelConfig.Known), StringComparer.Ordinal);
        // what is saved are single-precision numbers, whatever the file was of
        if (others.ContainsKey(TypeKey)) others[TypeKey] = JsonFile.Text("float32");
        return others;
    }

    /// <summary>Writes how much each token of a batch counts in each pooling [B, M, T].</summary>
    internal virtual void WritePoolingWeights(TextBatch batch, Span<float> weights)
    {
    }

    private float[] PoolingWeightsOf(TextBatch batch)
    {
        var weights = new float[batch.TokenIds.Length * PoolingRows];
        WritePoolingWeights(batch, weights);
        return weights;
    }

    /// <summary>Refuses texts that leave virtual tokens no position.</summary>
    private void RequireRoom(TextBatch batch)
    {
        if (VirtualTokens is { } tokens && batch.Length + tokens.Count > Sizes.MaximumLength)
            throw new ArgumentException($"{batch.Length} tokens and {tokens.Count} virtual ones are more than the {Sizes.MaximumLength} that {Name} takes: shorten the text");
    }

    private TextInputs InputsOf(Pass pass, TextBatch batch)
    {
        var inputs = TextInputs.Of(pass, batch, VirtualTokens);
        if (batch.Positions is null && FirstPosition > 0) inputs = inputs with { Positions = pass.Upload<int>([batch.TokenIds.Length], PositionsOf(batch)) };
        return PoolingRows == 0 ? inputs
            : inputs with { PoolingWeights = pass.Upload<float>([batch.Sequences, PoolingRows, batch.Length], PoolingWeightsOf(batch)) };
    }

    private int[] PositionsOf(TextBatch batch)
    {
        var positions = new int[batch.TokenIds.Length];
        CountPositions(batch, positions);
        return positions;
    }

    /// <summary>The loss [] of a batch as <see cref="Loss(TextOutputs, TextTargets)"/> defines it, without outputs that have no part in it: of a masked
    /// language model the logits of the places with a label alone, which are few of many.</summary>
    /// <param name="pass">The run to be part of.</param>
    /// <param name="batch">B sequences of T tokens.</param>
    /// <param name="targets">What the outputs should be.</param>
    /// <exception cref="ArgumentException">A token, type or position is outside the model's tables, or the targets are not those that this head learns
    /// from.</exception>
    public Variable Loss(Pass pass, TextBatch batch, TextTargets targets)
    {
        Require(batch);
        RequireRoom(batch);
        using var reading = pass.ReadWeights(Weights);
        return ComputeLoss(InputsOf(pass, batch), targets);
    }

    /// <summary>Whether the head looks at one state of each sequence alone, so that the model can be run in two parts: <see cref="SequenceStates"/> and
    /// <see cref="ForwardHead"/>.</summary>
    public virtual bool IsHeadOnStates => false;

    /// <summary>What the head looks at: a state of each sequence [B, D], where <see cref="IsHeadOnStates"/>. A trunk's output can so be computed once and
    /// kept.</summary>
    /// <param name="pass">The run to be part of.</param>
    /// <param name="batch">B sequences of T tokens.</param>
    /// <exception cref="ArgumentException">A token, type or position is outside the model's tables.</exception>
    /// <exception cref="NotSupportedException">The head looks at more.</exception>
    public Variable SequenceStates(Pass pass, TextBatch batch)
    {
        Require(batch);
        using var reading = pass.ReadWeights(Weights);
        return ComputeStates(InputsOf(pass, batch));
    }

    /// <summary>What the head makes of states: what <see cref="Forward(Pass, TextBatch, ForwardTrace?)"/> gives for the sequences that they are of.</summary>
    /// <param name="states">What <see cref="SequenceStates"/> gives [B, D].</param>
    /// <exception cref="NotSupportedException">The head looks at more.</exception>
    public TextOutputs ForwardHead(Variable states)
    {
        ArgumentNullException.ThrowIfNull(states);
        using var reading = states.Pass.ReadWeights(Weights);
        return ComputeHead(states);
    }

    private protected virtual Variable ComputeStates(TextInputs inputs) => throw NotInParts();

    private protected virtual TextOutputs ComputeHead(Variable states) => throw NotInParts();

    private NotSupportedException NotInParts() => new($"the head of {Name} looks at more than one state of each sequence, so it cannot be run apart");

    /// <summary>The loss of a batch that is where the pass computes.</summary>
    private protected virtual Variable ComputeLoss(TextInputs inputs, TextTargets targets) => Loss(Compute(inputs, trace: null), targets);

    /// <summary>What the model makes of a batch that is where the pass computes; called by Forward and when a pass is recorded.</summary>
    protected abstract TextOutputs Compute(TextInputs inputs, ForwardTrace? trace);
}

/// <summary>The sizes of a text model.</summary>
/// <param name="Vocabulary">V: how many tokens it knows (<c>vocab_size</c>).</param>
/// <param name="MaximumLength">How many tokens a text may have, special ones included.</param>
/// <param name="HiddenSize">D: how wide its states are (<c>hidden_size</c>).</param>
/// <param name="PaddingToken">The token that fills sequences up (<c>pad_token_id</c>); null for none.</param>
/// <param name="TokenTypes">How many kinds of text it tells apart (<c>type_vocab_size</c>); 0 where it knows none.</param>
public sealed record TextModelSizes(int Vocabulary, int MaximumLength, int HiddenSize, int? PaddingToken = null, int TokenTypes = 0);

/// <summary>A model's outputs by name: <c>logits</c>, <c>last_hidden_state</c> ...</summary>
/// <param name="outputs">Each output with its name.</param>
public sealed class TextOutputs(params (string Name, Variable Value)[] outputs)
{
    /// <summary>The names, in order.</summary>
    public IEnumerable<string> Names => outputs.Select(output => output.Name);

    /// <summary>An output.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public Variable this[string name]
    {
        get
        {
            foreach (var output in outputs)
                if (output.Name == name) return output.Value;
            throw new KeyNotFoundException($"there is no output '{name}'; there are {string.Join(", ", Names)}");
        }
    }
}

/// <summary>What a head learns from; each uses its own part.</summary>
public sealed record TextTargets
{
    /// <summary>The label of tokens left out of the loss (<c>ignore_index</c>).</summary>
    public const int Ignored = -100;

    /// <summary>Class numbers: [B] of sequences, [B, T] of tokens.</summary>
    public int[]? Labels { get; init; }

    /// <summary>Numbers to predict [B, L]: a regression's values, or 0 and 1 for each of L labels that may hold together.</summary>
    public float[]? Values { get; init; }

    /// <summary>How much of each label is spread over all words, from 0 to below 1 (Szegedy et al. 2016; Hugging Face's <c>label_smoothing_factor</c>); of
    /// encoder-decoders.</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>Where each answer begins [B].</summary>
    public int[]? StartPositions { get; init; }

    /// <summary>The last token of each answer [B].</summary>
    public int[]? EndPositions { get; init; }
}

/// <summary>Intermediate results: slower and larger than a plain run, and the same values.</summary>
public sealed class ForwardTrace
{
    /// <summary>Whether attention probabilities are recorded too, which are computed for that alone.</summary>
    public bool HasAttentions { get; init; } = true;

    /// <summary>[B, T], 0 for padding; null without padding.</summary>
    internal int[]? Counts { get; set; }

    /// <summary>After the embeddings and after each layer [B, T, D].</summary>
    public IReadOnlyList<Variable> HiddenStates => States;

    /// <summary>Each layer's attention probabilities [B, H, T, T]; nothing learns through them.</summary>
    public IReadOnlyList<Variable> Attentions => Probabilities;

    internal List<Variable> States { get; } = [];

    internal List<Variable> Probabilities { get; } = [];

    /// <summary>Each layer's keys and values [B, H, T, D / H] (<c>past_key_values</c>), where the model writes after what it has read.</summary>
    internal List<(Variable Keys, Variable Values)> KeysAndValues { get; } = [];

    /// <summary>What the decoder of an encoder-decoder computed, this being the encoder's; null for other models.</summary>
    public ForwardTrace? Decoder { get; private set; }

    /// <summary>The probabilities [B, H, T, S] with which each layer of a decoder attends to what the encoder read.</summary>
    public IReadOnlyList<Variable> CrossAttentions => CrossProbabilities;

    internal List<Variable> CrossProbabilities { get; } = [];

    /// <summary>Each layer's keys and values [B, H, S, D / H] of what the encoder read.</summary>
    internal List<(Variable Keys, Variable Values)> CrossKeysAndValues { get; } = [];

    /// <summary>Notes where a batch has padding.</summary>
    internal void Begin(TextBatch batch)
    {
        Counts = batch.AttentionMask;
        if (batch.Decoder is { } decoder) BeginDecoder(decoder);
    }

    /// <summary>Notes where what a decoder reads has padding.</summary>
    internal void BeginDecoder(TextBatch decoder) => Decoder = new ForwardTrace { HasAttentions = HasAttentions, Counts = decoder.AttentionMask };

    /// <summary>What the trace has under a name of Hugging Face's: <c>hidden_states.2</c>, <c>attentions.0</c>, <c>past_key_values.0.1</c>; of two stacks
    /// <c>encoder_hidden_states.2</c>, <c>decoder_attentions.0</c>, <c>cross_attentions.0</c>, <c>past_key_values.0.3</c>. Null for another name.</summary>
    internal Variable? Find(string name)
    {
        string[] parts = name.Split('.');
        if (parts is ["past_key_values", var layer, "0" or "1" or "2" or "3"]) return Cached(layer, parts[2]);
        var list = parts[0] switch
        {
            "hidden_states" or "encoder_hidden_states" => HiddenStates,
            "attentions" or "encoder_attentions" => Attentions,
            "decoder_hidden_states" => Decoder?.HiddenStates,
            "decoder_attentions" => Decoder?.Attentions,
            "cross_attentions" => Decoder?.CrossAttentions,
            _ => null,
        };
        return list is not null && parts.Length == 2 && Number(parts[1]) is { } at && at < list.Count ? list[at] : null;
    }

    /// <summary>Keys (even) or values of a layer, of its own sequence (0, 1) or of the encoder's.</summary>
    private Variable? Cached(string layer, string part)
    {
        var cached = Decoder ?? this;
        var list = part is "0" or "1" ? cached.KeysAndValues : cached.CrossKeysAndValues;
        if (Number(layer) is not { } number || number >= list.Count) return null;
        return part is "0" or "2" ? list[number].Keys : list[number].Values;
    }

    private static int? Number(string text) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number) ? number : null;
}
